using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>What a write leaves behind.</summary>
internal static class StateWriteResult
{
    /// <summary>The version that the state will have; 0 for a deletion.</summary>
    public static StateVersion Result(this StateWrite write) =>
        new(write.Type, write.Id, write.Content is null ? 0 : write.ExpectedVersion + 1);

    /// <summary>The version that is replaced.</summary>
    public static StateVersion Replaced(this StateWrite write) => new(write.Type, write.Id, write.ExpectedVersion);
}
