using System.Collections.Immutable;

namespace CodeSigning.Silo.Notifications;

/// <summary>What can be heard of. The words are the contract's: they only ever grow.</summary>
public static class EventTypes
{
    /// <summary>A certificate ends within 30, 7 or 1 days.</summary>
    public const string CertificateExpiring = "certificate.expiring";

    /// <summary>A signature was denied.</summary>
    public const string SigningDenied = "signing.denied";

    /// <summary>A grant was revoked.</summary>
    public const string GrantRevoked = "grant.revoked";

    /// <summary>A request was taken back, or an emergency stop ended it.</summary>
    public const string RequestCancelled = "request.cancelled";

    /// <summary>A signer was stopped in an emergency.</summary>
    public const string SignerStopped = "signer.stopped";

    /// <summary>A verification of the whole ledger found problems.</summary>
    public const string LedgerProblem = "ledger.problem";

    /// <summary>A request waits for approval.</summary>
    public const string RequestCreated = "request.created";

    /// <summary>The administrative actions that are events, by the entry's word for them.</summary>
    public static ImmutableDictionary<string, string> OfActions { get; } = new Dictionary<string, string>
    {
        ["request.create"] = RequestCreated,
        ["request.approve"] = "request.approved",
        ["request.reject"] = "request.rejected",
        ["request.cancel"] = RequestCancelled,
        ["request.expire"] = "request.expired",
        ["request.unreachable"] = "request.unreachable",
        ["grant.revoke"] = GrantRevoked,
        ["signer.stop"] = SignerStopped,
        ["ledger.verify"] = LedgerProblem,
    }.ToImmutableDictionary();

    /// <summary>The actions whose entries name the grants and requests that they ended.</summary>
    public static ImmutableHashSet<string> Endings { get; } = ["signer.stop", "signer.revoke-grants", "signer.cancel-requests"];

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [.. OfActions.Values.Order(), SigningDenied, CertificateExpiring];
}
