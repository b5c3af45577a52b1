namespace CodeSigning.Ledger;

/// <summary>What an entry tells of. Written as <c>sign</c> and <c>admin</c>.</summary>
public enum EntryKind
{
    /// <summary>An attempt to sign that came to a decision.</summary>
    Sign = 1,

    /// <summary>A change to who and what may sign, or an export.</summary>
    Admin = 2,
}
