using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>The alarm of whoever still signs in where local accounts are switched off.</summary>
internal static class BreakGlass
{
    /// <summary>The entry of a local sign-in; none where local accounts are on.</summary>
    public static ImmutableArray<LedgerElement> EntriesOf(Row<UserState> user, SignInOptions options, LoginOrigin origin, TimeProvider time)
    {
        if (options.BreakGlass is null)
        {
            return [];
        }

        var person = Caller.Standing(new PrincipalRef(PrincipalKind.User, user.Id), user.State.Name) with { Address = origin.Address };
        return [Change.By(person, "user.breakGlass", StateTypes.User, user.Id, Changes.None.Saying("signIn", "local"), time)];
    }
}
