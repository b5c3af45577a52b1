using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Json;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>
/// Parses the bodies of the sign endpoints by hand, in the connection's buffer: this is the hot path, and errors are
/// exact.
/// </summary>
internal static class SignRequestReader
{
    /// <summary>The maximum size of a request for one signature: data and metadata, every character escaped.</summary>
    public const int MaxBody = 16 * 1024;

    /// <summary>The maximum number of items in a batch.</summary>
    public const int MaxItems = 1000;

    // A base64 text of 128 bytes has 172 characters, each perhaps escaped as \uXXXX, and line ends.
    private const int MaxDataText = 8 * 172;

    private delegate T BodyReader<T>(ref Utf8JsonReader json);

    private delegate bool FieldReader<T>(ref Utf8JsonReader json, ref T fields);

    private const string ItemFields = "data, signingAlgorithm, isDigest";

    /// <summary>Reads a request for one signature.</summary>
    /// <exception cref="RefusedException">The body is invalid.</exception>
    public static SignRequest ReadSign(in ReadOnlySequence<byte> body) => Read(body, static (ref Utf8JsonReader json) =>
    {
        var fields = new SignFields { Item = new SignItemFields("") };
        ReadObject(ref json, ref fields, "", $"{ItemFields}, clientMetadata", static (ref Utf8JsonReader json, ref SignFields fields) =>
            ReadItemField(ref json, ref fields.Item) || ReadMetadataField(ref json, ref fields.Metadata));
        fields.Item.CheckComplete();
        return new SignRequest(fields.Item.Check(), fields.Metadata);
    });

    /// <summary>Reads a request for a batch of signatures.</summary>
    /// <exception cref="RefusedException">The body is invalid.</exception>
    public static BatchRequest ReadBatch(in ReadOnlySequence<byte> body) => Read(body, static (ref Utf8JsonReader json) =>
    {
        var fields = default(BatchFields);
        ReadObject(ref json, ref fields, "", "items, clientMetadata", static (ref Utf8JsonReader json, ref BatchFields fields) =>
            ReadItemsField(ref json, ref fields.Items) || ReadMetadataField(ref json, ref fields.Metadata));
        return new BatchRequest(fields.Items is { Count: > 0 } items ? items : throw WrongItems(), fields.Metadata);
    });

    private static T Read<T>(in ReadOnlySequence<byte> whole, BodyReader<T> read)
    {
        var body = WithoutMark(whole);
        if (body.IsEmpty)
        {
            throw Refuse("The body is empty: expected a JSON object.");
        }

        var json = body.IsSingleSegment
            ? new Utf8JsonReader(body.FirstSpan, JsonText.ReaderOptions)
            : new Utf8JsonReader(body, JsonText.ReaderOptions);
        try
        {
            json.Read();
            var value = read(ref json);
            json.Read(); // Throws if anything follows the object.
            return value;
        }
        catch (JsonException)
        {
            throw Refuse("The body is invalid: expected JSON.");
        }
        catch (InvalidOperationException)
        {
            // The reader throws this for lone surrogates and invalid UTF-8.
            throw Refuse("The body has a string that is not Unicode text.");
        }
    }

    private static ReadOnlySequence<byte> WithoutMark(in ReadOnlySequence<byte> body)
    {
        Span<byte> first = stackalloc byte[3];
        first = first[..(int)Math.Min(body.Length, first.Length)];
        body.Slice(0, first.Length).CopyTo(first);
        return body.Slice(PastedText.LengthOfMark(first));
    }

    /// <summary>Reads the fields of the object at the reader's position, including its end.</summary>
    private static void ReadObject<T>(ref Utf8JsonReader json, ref T fields, string path, string expected, FieldReader<T> read)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse(path.Length == 0
                ? "The body is invalid: expected a JSON object."
                : $"The field '{path.TrimEnd('.')}' is invalid: expected an object with {expected}.");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!read(ref json, ref fields))
            {
                throw Refuse($"The field '{path}{Shorten(json.GetString()!)}' is unknown: expected {expected}.");
            }
        }
    }

    private static bool ReadItemField(ref Utf8JsonReader json, ref SignItemFields fields)
    {
        if (json.ValueTextEquals("data"u8))
        {
            json.Read();
            fields.SetData(ReadData(ref json));
        }
        else if (json.ValueTextEquals("signingAlgorithm"u8))
        {
            json.Read();
            fields.SetAlgorithm(json.TokenType == JsonTokenType.String
                ? json.GetString()!
                : throw Refuse("The field 'signingAlgorithm' must be a string."));
        }
        else if (json.ValueTextEquals("isDigest"u8))
        {
            json.Read();
            fields.SetIsDigest(json.TokenType is JsonTokenType.True or JsonTokenType.False
                ? json.GetBoolean()
                : throw Refuse("The field 'isDigest' must be true or false."));
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadItemsField(ref Utf8JsonReader json, ref List<SignItemFields>? items)
    {
        if (!json.ValueTextEquals("items"u8))
        {
            return false;
        }

        if (items is not null)
        {
            throw Refuse("The field 'items' is given twice.");
        }

        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw WrongItems();
        }

        items = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (items.Count == MaxItems)
            {
                throw WrongItems();
            }

            var path = $"items[{items.Count}].";
            var fields = new SignItemFields(path);
            ReadObject(ref json, ref fields, path, ItemFields, ReadItemField);
            fields.CheckComplete();
            items.Add(fields);
        }

        return true;
    }

    private static bool ReadMetadataField(ref Utf8JsonReader json, ref ImmutableSortedDictionary<string, string>? metadata)
    {
        if (!json.ValueTextEquals("clientMetadata"u8))
        {
            return false;
        }

        if (metadata is not null)
        {
            throw Refuse("The field 'clientMetadata' is given twice.");
        }

        json.Read();
        metadata = ClientMetadataReader.Read(ref json);
        return true;
    }

    /// <summary>The bytes of a base64 string; null if it is not base64 of 1 to 128 bytes.</summary>
    private static byte[]? ReadData(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            throw Refuse("The field 'data' is invalid: expected a string of base64.");
        }

        Span<byte> text = stackalloc byte[MaxDataText];
        if ((json.HasValueSequence ? json.ValueSequence.Length : json.ValueSpan.Length) > text.Length)
        {
            return null;
        }

        var base64 = text[..json.CopyString(text)];
        Span<byte> data = stackalloc byte[SignItemFields.MaxData];
        return PastedText.TryDecodeBase64(base64, data, out var length) && length > 0 ? data[..length].ToArray() : null;
    }

    private static string Shorten(string name) => name.Length <= 64 ? name : name[..64] + "…";

    private static RefusedException WrongItems() => Refuse($"The field 'items' is invalid: expected an array of 1 to {MaxItems} items.");

    private static RefusedException Refuse(string detail) => new(ErrorCode.InvalidRequest, detail);

    private struct SignFields
    {
        public SignItemFields Item;
        public ImmutableSortedDictionary<string, string>? Metadata;
    }

    private struct BatchFields
    {
        public List<SignItemFields>? Items;
        public ImmutableSortedDictionary<string, string>? Metadata;
    }
}
