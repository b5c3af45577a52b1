using System.Diagnostics;

namespace CodeSigning.Silo.Hosting.Trust;

/// <summary>How far a connection has come towards being a node's. It travels with the connection, as a feature of it.</summary>
internal sealed class Handshake(TrustedAuthority under)
{
    // A timer fires up to one tick of the system's clock before the stopwatch has come to its time.
    private static readonly TimeSpan TimerTolerance = TimeSpan.FromMilliseconds(100);

    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>The authority that it is made under.</summary>
    public TrustedAuthority Under => under;

    /// <summary>Whether the other end has said what TLS begins with.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Whether the other end has shown that it is a node.</summary>
    public bool IsOfNode { get; set; }

    /// <summary>Why the other end is refused, where that was decided.</summary>
    public string? Refusal { get; set; }

    /// <summary>Whether the TLS stack went on past the handshake.</summary>
    public bool IsDone { get; set; }

    /// <summary>Says, as the end of a sentence, why it came to nothing.</summary>
    public string Cause(TimeSpan timeout) => (Refusal, HasBegun) switch
    {
        ({ } refusal, _) => refusal,
        _ when Stopwatch.GetElapsedTime(_began) >= timeout - TimerTolerance =>
            $"it did not finish the TLS handshake within {timeout.TotalSeconds:0} seconds",
        (_, false) => "it does not speak TLS",
        _ => "it broke the TLS handshake off, as who does not trust this node does, or offers no version of TLS that is accepted here",
    };
}
