using FsCheck;
using FsCheck.Fluent;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>Sequences of acts, weighted so that most of what can happen does.</summary>
internal static class Acts
{
    private const int Longest = 24;

    private static readonly Gen<int> Anybody = Gen.Choose(0, Cast.Size - 1);
    private static readonly Gen<int> Member = Gen.Elements(Cast.Bob, Cast.Rae, Cast.Machine, Cast.Administrator);
    private static readonly Gen<int> Approver = Gen.Elements(Cast.Ann, Cast.Bob, Cast.Cyd);
    private static readonly Gen<int> Any = Gen.Choose(0, 7);
    private static readonly Gen<bool> Either = Gen.Elements(true, false);

    // A restart takes as long as forty other acts.
    private static readonly Gen<Act> SeldomRestart = Gen.Frequency(
        (1, Gen.Constant<Act>(new Act.Restart())),
        (3, from who in Member select (Act)new Act.Sign(who)));

    private static readonly Gen<Act> One = Gen.Frequency(
        (8, from who in Member
            from signings in Gen.Elements<int?>(null, 1, 2, 3, 4)
            from hours in Gen.Elements<int?>(null, 1, 2, 5)
            select (Act)new Act.Ask(who, signings, hours)),
        (14, from who in Approver from request in Any select (Act)new Act.Approve(who, request)),
        (3, from who in Anybody from request in Any select (Act)new Act.Approve(who, request)),
        (2, from who in Anybody from request in Any select (Act)new Act.Reject(who, request)),
        (2, from who in Anybody from request in Any select (Act)new Act.Cancel(who, request)),
        (2, from grant in Any select (Act)new Act.Revoke(grant)),
        (10, from who in Member select (Act)new Act.Sign(who)),
        (5, from minutes in Gen.Elements(1, 20, 59, 60, 120, 300) select (Act)new Act.Wait(minutes)),
        (3, from variant in Gen.Choose(0, Variants.Count - 1) select (Act)new Act.Edit(variant)),
        (3, from who in Approver from joins in Either select (Act)new Act.Move(who, joins)),
        (2, from who in Anybody from active in Either select (Act)new Act.Enable(who, active)),
        (1, SeldomRestart));

    /// <summary>Shrinks to shorter sequences.</summary>
    public static Arbitrary<Act[]> Sequences { get; } = Arb.ToArbitrary(
        from length in Gen.Choose(6, Longest)
        from acts in Gen.ArrayOf(One, length)
        select acts,
        Shorter);

    private static IEnumerable<Act[]> Shorter(Act[] acts)
    {
        for (var half = acts.Length / 2; half > 0; half /= 2)
        {
            for (var from = 0; from + half <= acts.Length; from += half)
            {
                yield return [.. acts[..from], .. acts[(from + half)..]];
            }
        }
    }
}
