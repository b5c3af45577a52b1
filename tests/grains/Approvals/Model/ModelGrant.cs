
namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>A grant in the model.</summary>
internal sealed class ModelGrant
{
    public required string Id { get; init; }

    public required int Grantee { get; init; }

    public required int Signings { get; init; }

    public required DateTimeOffset? End { get; init; }

    public int Used { get; set; }

    public bool IsRevoked { get; set; }

    /// <summary>Why it does not serve; null where it does.</summary>
    public ErrorCode? Problem(DateTimeOffset now) =>
        IsRevoked ? ErrorCode.GrantRevoked
        : now >= End ? ErrorCode.GrantExpired
        : Used >= Signings ? ErrorCode.GrantExhausted
        : null;
}
