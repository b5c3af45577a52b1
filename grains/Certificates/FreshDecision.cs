using CodeSigning.Grains.Ledger;

namespace CodeSigning.Grains.Certificates;

/// <summary>Makes a decision again when what it rested on changed before it could be committed.</summary>
internal static class FreshDecision
{
    /// <summary>Makes and commits a decision; the last refusal passes through, as does one that another round cannot help.</summary>
    /// <param name="rounds">How often at most. Each round of those who write the same row lets one of them pass.</param>
    /// <param name="decide">Reads the facts, decides and commits.</param>
    /// <remarks>A caller who was changed or signed out fails all rounds. It is the gateway's to authenticate again.</remarks>
    public static async Task<T> MakeAsync<T>(int rounds, Func<Task<T>> decide)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await decide();
            }
            catch (CommitRefusedException refused) when (refused.Reason == CommitRefusal.Stale && round < rounds)
            {
                // Decided again with fresh facts.
            }
        }
    }
}
