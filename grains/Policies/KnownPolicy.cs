using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>A policy as it stood in the store when it was read, and its version.</summary>
/// <param name="State">The policy.</param>
/// <param name="Version">Its version.</param>
public sealed record KnownPolicy(PolicyState State, StateVersion Version)
{
    /// <summary>Reads a policy past its grain: decisions must not trust what the grain remembers, nor wait for its turn.</summary>
    public static async Task<KnownPolicy?> ReadAsync(IStateStore states, string id, CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.Policy, id, cancellationToken) is { } stored
            ? new KnownPolicy(stored.ReadAs<PolicyState>(), stored.ToVersion())
            : null;

    /// <summary>What decisions need to know of it.</summary>
    public PolicyFacts ToFacts() => new(Version, State.Definition, State.Guarded, State.IsRetired);

    /// <summary>The write by which the first approval under the policy makes it guard itself.</summary>
    public StateWrite Guard()
    {
        var guarded = State with { Guarded = true };
        return new StateWrite(Version.Type, Version.Id, Version.Version, StateJson.Write(guarded), guarded.ToIndex());
    }
}
