using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>Reads what a client says of itself: strings, 2 KiB in all.</summary>
internal static class ClientMetadataReader
{
    private const int MaxBytes = 2048;

    /// <summary>Reads the object that the reader stands at.</summary>
    /// <exception cref="RefusedException">It is not such an object.</exception>
    public static ImmutableSortedDictionary<string, string> Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse("must be an object of strings");
        }

        var entries = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var bytes = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String)
            {
                throw Refuse("must hold strings only");
            }

            var value = json.GetString()!;
            bytes += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
            if (bytes > MaxBytes)
            {
                throw Refuse($"may hold {MaxBytes} bytes in all");
            }

            if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
            {
                throw Refuse("holds an empty name or the character U+0000");
            }

            if (!entries.TryAdd(name, value))
            {
                throw Refuse("holds a name twice");
            }
        }

        return entries.ToImmutable();
    }

    private static RefusedException Refuse(string what) => new(ErrorCode.InvalidRequest, $"The field 'clientMetadata' {what}.");
}
