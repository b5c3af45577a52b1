using CodeSigning.Approvals;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>A request in the model.</summary>
internal sealed class ModelRequest
{
    public required int Requester { get; init; }

    /// <summary>What the policy said when it was made.</summary>
    public required Variant Policy { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The variant that shall take its place, for an edit.</summary>
    public int? Edit { get; init; }

    public int Signings { get; init; }

    public int? Hours { get; init; }

    public RequestStatus Ended { get; set; } = RequestStatus.Pending;

    /// <summary>Approvals that were not left out: in which step, by whom.</summary>
    public List<(int Step, int Who)> Votes { get; set; } = [];

    /// <summary>Everybody who ever voted: they may look.</summary>
    public HashSet<int> Voters { get; } = [];

    public RequestStatus At(DateTimeOffset now) =>
        Ended == RequestStatus.Pending && now >= ExpiresAt ? RequestStatus.Expired : Ended;
}
