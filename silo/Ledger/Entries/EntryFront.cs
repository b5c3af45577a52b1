using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// The part of an entry's JSON that does not depend on its place: all members up to <c>writes</c>, without the closing
/// brace. The committing thread writes it, to relieve the ledger's single writer. The order of members is fixed; see
/// docs/ledger-format.md.
/// </summary>
internal static class EntryFront
{
    /// <summary>The maximum size of an entry's <c>changes</c>, in bytes.</summary>
    public const int MaxChanges = 256 * 1024;

    private const int UsualVersion = 128;
    private const int MostKept = 16 * 1024;

    private static readonly JsonWriterOptions Options = new()
    {
        // The text is stored and exported, never embedded in HTML, so readability matters more than escaping.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // Several are written a millisecond; a thread writes all of its own into the same buffer.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    public static byte[] Write(LedgerElement element, EntryDraft draft)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(2048);
        var json = _json ??= new Utf8JsonWriter(buffer, Options);
        try
        {
            json.WriteStartObject();
            WriteWhat(json, draft);
            WriteSigning(json, draft);
            WriteCircumstances(json, draft);
            WriteVersions(json, element);
            json.Flush();
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            buffer.ResetWrittenCount();
            json.Reset();
            if (buffer.Capacity > MostKept)
            {
                (_buffer, _json) = (null, null);
            }
        }
    }

    private static void WriteWhat(Utf8JsonWriter json, EntryDraft draft)
    {
        json.WriteString("operationId", draft.OperationId);
        json.WriteString("kind", EntryWords.Of(draft.Kind));
        json.WriteString("outcome", EntryWords.Of(draft.Outcome));
        WriteIfAny(json, "code", draft.Code);
        WriteIfAny(json, "action", draft.Action);
        WriteIfAny(json, "subject", draft.Subject);
        json.WriteStartObject("actor");
        json.WriteString("kind", EntryWords.Of(draft.Actor.Kind));
        json.WriteString("id", draft.Actor.Id);
        json.WriteString("name", draft.Actor.Name);
        json.WriteEndObject();
        WriteIfAny(json, "address", draft.Address);
    }

    private static void WriteSigning(Utf8JsonWriter json, EntryDraft draft)
    {
        WriteIfAny(json, "signerId", draft.SignerId);
        WriteIfAny(json, "signerName", draft.SignerName);
        WriteIfAny(json, "certificateSerial", draft.CertificateSerial);
        WriteIfAny(json, "signingAlgorithm", draft.SigningAlgorithm);
        if (draft.IsDigest is { } isDigest)
        {
            json.WriteBoolean("isDigest", isDigest);
        }

        if (draft.Data is { } data)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(data.Span, hash);
            json.WriteBase64String("data", data.Span);
            json.WriteString("dataHash", Convert.ToHexStringLower(hash));
        }

        if (draft.Signature is { } signature)
        {
            json.WriteBase64String("signature", signature.Span);
        }

        WriteIfAny(json, "grantId", draft.GrantId);
        if (draft.Bypass)
        {
            json.WriteBoolean("bypass", true);
        }
    }

    private static void WriteCircumstances(Utf8JsonWriter json, EntryDraft draft)
    {
        if (draft.ClientMetadata is { Count: > 0 } metadata)
        {
            json.WriteStartObject("clientMetadata");
            foreach (var (name, value) in metadata)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        if (draft.Count is { } count)
        {
            json.WriteNumber("count", count);
        }

        if (draft.Changes is { } changes)
        {
            json.WritePropertyName("changes");
            WriteOnOneLine(json, changes);
        }
    }

    private static void WriteVersions(Utf8JsonWriter json, LedgerElement element)
    {
        if (!element.ReadSet.IsDefaultOrEmpty)
        {
            json.WriteStartArray("basis");
            foreach (var version in element.ReadSet)
            {
                WriteVersion(json, version);
            }

            json.WriteEndArray();
        }

        if (!element.Writes.IsDefaultOrEmpty)
        {
            json.WriteStartArray("writes");
            foreach (var write in element.Writes)
            {
                WriteVersion(json, write.Result());
            }

            json.WriteEndArray();
        }
    }

    private static void WriteVersion(Utf8JsonWriter json, StateVersion version)
    {
        Span<char> text = stackalloc char[UsualVersion];
        json.WriteStringValue(version.TryFormat(text, out var length) ? text[..length] : version.ToString());
    }

    // An entry must be one line of an export.
    private static void WriteOnOneLine(Utf8JsonWriter json, ReadOnlyMemory<byte> value)
    {
        if (value.Span.IndexOfAnyInRange((byte)0, (byte)0x1f) < 0)
        {
            json.WriteRawValue(value.Span);
            return;
        }

        using var document = JsonDocument.Parse(value);
        document.RootElement.WriteTo(json);
    }

    private static void WriteIfAny(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}

/// <summary>The texts of the contract's enums. They are stored and hashed: never change them.</summary>
internal static class EntryWords
{
    public static string Of(EntryKind kind) => kind switch
    {
        EntryKind.Sign => "sign",
        EntryKind.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static string Of(EntryOutcome outcome) => outcome switch
    {
        EntryOutcome.Success => "success",
        EntryOutcome.Failed => "failed",
        EntryOutcome.Denied => "denied",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    public static EntryOutcome OutcomeOf(string word) => word switch
    {
        "success" => EntryOutcome.Success,
        "failed" => EntryOutcome.Failed,
        "denied" => EntryOutcome.Denied,
        _ => throw new ArgumentOutOfRangeException(nameof(word)),
    };

    public static string Of(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => "user",
        PrincipalKind.Identity => "identity",
        PrincipalKind.Group => "group",
        PrincipalKind.System => "system",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
