namespace CodeSigning.Identifiers;

/// <summary>The prefixes that name an id's kind.</summary>
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

    /// <summary>An operation, that is a ledger entry.</summary>
    public const string Operation = "op";

    /// <summary>A ledger stream.</summary>
    public const string Stream = "str";

    /// <summary>A webhook.</summary>
    public const string Webhook = "whk";

    /// <summary>An event on its way to a webhook or a mailbox.</summary>
    public const string Delivery = "dlv";
}
