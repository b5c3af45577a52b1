using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>The words of the contract's enums. They are stored and hashed: they never change.</summary>
internal static class EntryWords
{
    public static string Of(EntryKind kind) => kind switch
    {
        EntryKind.Sign => "sign",
        EntryKind.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static string Of(EntryOutcome outcome) => outcome switch
    {
        EntryOutcome.Success => "success",
        EntryOutcome.Failed => "failed",
        EntryOutcome.Denied => "denied",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    public static string Of(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => "user",
        PrincipalKind.Identity => "identity",
        PrincipalKind.Group => "group",
        PrincipalKind.System => "system",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
