using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>
/// A text that is a secret, such as a private key or the password of a file. Unlike a string it can be zeroed: its characters are
/// pinned, so that the garbage collector makes no copies, and zeroed when it is disposed.
/// </summary>
[JsonConverter(typeof(SecretTextConverter))]
public sealed class SecretText : IDisposable
{
    private readonly char[] _characters;
    private readonly int _length;

    /// <summary>Copies a text, which stays the caller's to zero.</summary>
    public SecretText(ReadOnlySpan<char> text)
        : this(GC.AllocateUninitializedArray<char>(text.Length, pinned: true), text.Length) => text.CopyTo(_characters);

    private SecretText(char[] characters, int length) => (_characters, _length) = (characters, length);

    /// <summary>The text; not to be used after disposal.</summary>
    public ReadOnlyMemory<char> Characters => _characters.AsMemory(0, _length);

    /// <summary>The number of UTF-16 units.</summary>
    public int Length => _length;

    /// <summary>A secret of a string, which cannot be zeroed itself; null for null.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static implicit operator SecretText?(string? text) => text is null ? null : new SecretText(text);

    /// <summary>Has a text written into memory of its own.</summary>
    /// <param name="most">The most UTF-16 units that it may have.</param>
    /// <param name="write">Writes them, and gives their number.</param>
    public static SecretText Write(int most, Func<Memory<char>, int> write)
    {
        var characters = GC.AllocateArray<char>(most, pinned: true);
        return new SecretText(characters, write(characters));
    }

    /// <summary>Reads the string that a reader is at.</summary>
    internal static SecretText Read(ref Utf8JsonReader reader)
    {
        // No UTF-8 has more UTF-16 units than bytes.
        var most = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        var characters = GC.AllocateArray<char>(most, pinned: true);
        return new SecretText(characters, reader.CopyString(characters));
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_characters.AsSpan()));

    /// <summary>The type's name, never the text.</summary>
    public override string ToString() => nameof(SecretText);
}

/// <summary>Reads a string into memory that can be zeroed.</summary>
public sealed class SecretTextConverter : JsonConverter<SecretText>
{
    /// <inheritdoc/>
    public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        return reader.TokenType == JsonTokenType.String
            ? SecretText.Read(ref reader)
            : throw new JsonException("The value is invalid: expected a string.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Characters.Span);
}
