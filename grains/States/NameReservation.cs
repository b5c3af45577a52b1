using System.Collections.Immutable;
using CodeSigning.Errors;

namespace CodeSigning.Grains.States;

/// <summary>
/// Reserves a name permanently, even after its owner was renamed or deleted. The reservation is a row whose id is the
/// name, so concurrent reservations conflict in the commit.
/// </summary>
public static class NameReservation
{
    /// <summary>The writes that reserve a name for an owner; none if it already has the reservation.</summary>
    /// <exception cref="RefusedException">The name is or was used by another owner.</exception>
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
                ErrorCode.NameTaken, $"The name '{name}' is or was used by another {type} and cannot be reused: choose another name.");
    }

    private sealed record ReservedName(string BearerId);
}
