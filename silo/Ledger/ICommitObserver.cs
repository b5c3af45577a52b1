using CodeSigning.Ledger;

namespace CodeSigning.Silo.Ledger;

/// <summary>Hears what this process has committed, so that caches can drop what changed.</summary>
public interface ICommitObserver
{
    /// <summary>
    /// Called after each commit that changed states, before those who wait for it go on. It must be quick and must not
    /// block.
    /// </summary>
    /// <param name="written">The states with their new versions; 0 for those that are gone.</param>
    void OnCommitted(IReadOnlyList<StateVersion> written);
}
