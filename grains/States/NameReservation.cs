using System.Collections.Immutable;
using CodeSigning.Errors;

namespace CodeSigning.Grains.States;

/// <summary>
/// A name that was given once and is never given to another, also after its bearer was renamed or deleted. It is a row of
/// its own whose id is the name, so that two who want it at once collide in the commit.
/// </summary>
public static class NameReservation
{
    /// <summary>What to write so that a bearer has a name: nothing where the name was this bearer's before.</summary>
    /// <exception cref="RefusedException">The name is, or was, another's.</exception>
    public static async Task<ImmutableArray<StateWrite>> ReserveAsync(
        IStateStore states, string type, string name, string bearerId, CancellationToken cancellationToken)
    {
        var rowId = $"{type}:{name}";
        if (await states.ReadAsync(StateTypes.ReservedName, rowId, cancellationToken) is not { } stored)
        {
            var content = StateJson.Write(new ReservedName(bearerId));
            return [new StateWrite(StateTypes.ReservedName, rowId, 0, content, StateIndex.None)];
        }

        return stored.ReadAs<ReservedName>().BearerId == bearerId
            ? []
            : throw new RefusedException(
                ErrorCode.NameTaken, $"The name '{name}' is or was another {type}'s. Names are not used again: choose another.");
    }

    private sealed record ReservedName(string BearerId);
}
