namespace CodeSigning.Grains.Certificates;

/// <summary>The words by which stored certificates are listed. They are stored: they only ever grow.</summary>
public static class CertificateWords
{
    /// <summary>An external CA still owes it.</summary>
    public const string Awaiting = "awaiting";

    /// <summary>Issued and not revoked; its end may have come.</summary>
    public const string Active = "active";

    /// <summary>Revoked itself; one whose issuer was revoked keeps its own word.</summary>
    public const string Revoked = "revoked";

    /// <summary>The word of a stage.</summary>
    public static string ToWord(CertificateStage stage) => stage switch
    {
        CertificateStage.Awaiting => Awaiting,
        CertificateStage.Active => Active,
        _ => Revoked,
    };
}
