using System.Buffers;
using System.Security.Cryptography;

namespace CodeSigning.Identifiers;

/// <summary>
/// Ids such as <c>sgn_01k9…</c>: a prefix that names the kind, then 26 characters of Crockford's base 32 in lower case:
/// 48 bits of time in milliseconds and 80 random bits. Ids sort by creation time. No name can be mistaken for an id,
/// since names contain no underscore.
/// </summary>
public static class EntityId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);
    private const int TimeLength = 10;
    private const int RandomLength = 16;

    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 32;

    /// <summary>Creates an id with a prefix and the current time.</summary>
    public static string New(string prefix, TimeProvider time)
    {
        Span<byte> random = stackalloc byte[RandomLength];
        RandomNumberGenerator.Fill(random);
        Span<char> text = stackalloc char[TimeLength + RandomLength];
        var milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = TimeLength - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(milliseconds & 31)];
            milliseconds >>= 5;
        }

        for (var i = 0; i < RandomLength; i++)
        {
            text[TimeLength + i] = Alphabet[random[i] & 31];
        }

        return string.Concat(prefix, "_", text);
    }

    /// <summary>Whether the text is a well-formed id with this prefix.</summary>
    public static bool Is(string prefix, string? text)
    {
        if (text is null || text.Length != prefix.Length + 1 + TimeLength + RandomLength
            || !text.StartsWith(prefix, StringComparison.Ordinal) || text[prefix.Length] != '_')
        {
            return false;
        }

        return text.AsSpan(prefix.Length + 1).IndexOfAnyExcept(Characters) < 0;
    }
}

/// <summary>The prefixes of ids.</summary>
public static class IdPrefixes
{
    /// <summary>A signer.</summary>
    public const string Signer = "sgn";

    /// <summary>A membership of a signer.</summary>
    public const string Member = "mbr";

    /// <summary>A certificate.</summary>
    public const string Certificate = "crt";

    /// <summary>An internal certification authority.</summary>
    public const string CertificateAuthority = "cas";

    /// <summary>An attestation of a key.</summary>
    public const string Attestation = "att";

    /// <summary>A key of the vault.</summary>
    public const string Key = "key";

    /// <summary>A person.</summary>
    public const string User = "usr";

    /// <summary>A machine identity.</summary>
    public const string Identity = "idn";

    /// <summary>A client secret.</summary>
    public const string ClientSecret = "sec";

    /// <summary>A group.</summary>
    public const string Group = "grp";

    /// <summary>A session.</summary>
    public const string Session = "ses";

    /// <summary>A signing policy.</summary>
    public const string Policy = "pol";

    /// <summary>A request for approval.</summary>
    public const string ApprovalRequest = "req";

    /// <summary>A grant.</summary>
    public const string Grant = "gnt";

    /// <summary>An operation, recorded as a ledger entry.</summary>
    public const string Operation = "op";

    /// <summary>A passkey.</summary>
    public const string Passkey = "pky";

    /// <summary>A ledger stream.</summary>
    public const string Stream = "str";

    /// <summary>A webhook.</summary>
    public const string Webhook = "whk";

    /// <summary>A pending delivery of an event to a webhook or a mailbox.</summary>
    public const string Delivery = "dlv";
}
