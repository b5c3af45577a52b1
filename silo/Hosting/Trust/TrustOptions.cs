namespace CodeSigning.Silo.Hosting.Trust;

/// <summary>Times of the trust between nodes. They are no settings: tests shorten them.</summary>
internal sealed class TrustOptions
{
    /// <summary>How long a node's certificate is valid, more than two hours.</summary>
    public TimeSpan CertificateLife { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often a node looks whether the cluster authority was replaced; nodes that know refuse those that do not yet.</summary>
    public TimeSpan ReplacementPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a handshake may take.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
