using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Json;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>
/// The fields of an item as read. Their values are validated separately, since an item of a batch that cannot be signed
/// does not fail the others.
/// </summary>
internal struct SignItemFields
{
    /// <summary>The maximum size of the data, in bytes.</summary>
    public const int MaxData = 128;

    private readonly string _path;
    private byte[]? _data;
    private bool _hasData;
    private SigningAlgorithm _algorithm;
    private bool _hasAlgorithm;
    private bool? _isDigest;

    /// <param name="path">The path of the item's fields in the body: empty, or such as <c>items[0].</c>.</param>
    public SignItemFields(string path) => _path = path;

    /// <param name="data">The bytes; null if the text is not base64 of 1 to 128 bytes.</param>
    public void SetData(byte[]? data) => (_data, _hasData) = (data, FirstTime("data", _hasData));

    public void SetAlgorithm(string name)
    {
        _hasAlgorithm = FirstTime("signingAlgorithm", _hasAlgorithm);
        _algorithm = SigningAlgorithmNames.TryParse(name, out var algorithm) ? algorithm : 0;
    }

    public void SetIsDigest(bool isDigest)
    {
        FirstTime("isDigest", _isDigest.HasValue);
        _isDigest = isDigest;
    }

    /// <summary>Refuses an item with missing fields.</summary>
    public readonly void CheckComplete()
    {
        var missing = !_hasData ? "data" : !_hasAlgorithm ? "signingAlgorithm" : _isDigest is null ? "isDigest" : null;
        if (missing is not null)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{_path}{missing}' is missing.");
        }
    }

    /// <summary>Validates the item.</summary>
    /// <exception cref="RefusedException">The item is invalid.</exception>
    public readonly SignItem Check()
    {
        if (_data is null)
        {
            throw new RefusedException(ErrorCode.InvalidData, $"The field 'data' is invalid: expected base64 of 1 to {MaxData} bytes.");
        }

        if (_algorithm == 0)
        {
            throw new RefusedException(ErrorCode.UnsupportedAlgorithm, $"The field 'signingAlgorithm' is invalid: expected one of {AllNames}.");
        }

        if (_isDigest is true && _data.Length != _algorithm.DigestLength())
        {
            throw new RefusedException(
                ErrorCode.DigestLengthMismatch,
                $"The digest has {_data.Length} bytes: expected {_algorithm.DigestLength()} for {_algorithm.ToWireName()}.");
        }

        return new SignItem(_data, _algorithm, _isDigest is true);
    }

    private static string AllNames => string.Join(", ", Enum.GetValues<SigningAlgorithm>().Select(name => name.ToWireName()));

    private readonly bool FirstTime(string field, bool wasThere) => wasThere
        ? throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{_path}{field}' is given twice.")
        : true;
}

/// <summary>Reads the client's assertions about itself: strings, at most 2 KiB in total.</summary>
internal static class ClientMetadataReader
{
    private const int MaxBytes = 2048;

    /// <summary>Reads the object at the reader's position.</summary>
    /// <exception cref="RefusedException">The object is invalid.</exception>
    public static ImmutableSortedDictionary<string, string> Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse("is invalid: expected an object of strings");
        }

        var entries = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var bytes = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String)
            {
                throw Refuse($"is invalid: expected strings only, and '{name}' is none");
            }

            var value = json.GetString()!;
            bytes += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
            if (bytes > MaxBytes)
            {
                throw Refuse($"is too large: expected at most {MaxBytes} bytes in total");
            }

            if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
            {
                throw Refuse("is invalid: expected names that are not empty, and no character U+0000");
            }

            if (!entries.TryAdd(name, value))
            {
                throw Refuse($"is invalid: '{name}' is given twice");
            }
        }

        return entries.ToImmutable();
    }

    private static RefusedException Refuse(string what) => new(ErrorCode.InvalidRequest, $"The field 'clientMetadata' {what}.");
}

/// <summary>Parses a body in place, in the connection's buffer.</summary>
internal static class SignBodyReader
{
    public delegate T Parser<T>(in ReadOnlySequence<byte> body);

    /// <summary>Waits for the whole body, which Kestrel bounds, and parses it.</summary>
    /// <exception cref="RefusedException">The body is invalid.</exception>
    public static async ValueTask<(T Request, IdempotencyKey? Key)> ReadAsync<T>(HttpContext http, Parser<T> parse)
    {
        JsonContentType.Require(http.Request);
        var pipe = http.Request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(http.RequestAborted);
            if (!read.IsCompleted)
            {
                pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            try
            {
                return (parse(read.Buffer), ReadKey(http, read.Buffer));
            }
            finally
            {
                pipe.AdvanceTo(read.Buffer.End);
            }
        }
    }

    private static IdempotencyKey? ReadKey(HttpContext http, in ReadOnlySequence<byte> body) =>
        Idempotency.ReadKey(http, body.IsSingleSegment ? body.FirstSpan : body.ToArray());
}
