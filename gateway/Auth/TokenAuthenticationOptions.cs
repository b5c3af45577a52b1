namespace CodeSigning.Gateway.Auth;

/// <summary>How tokens are checked.</summary>
internal sealed class TokenAuthenticationOptions
{
    /// <summary>
    /// Whether other nodes write to the store too. What this node has cached of a session is then held against the store
    /// at each request, but for those whose commit does so.
    /// </summary>
    public bool IsStoreShared { get; set; }

    /// <summary>How many sessions are cached; the longest cached goes first.</summary>
    public int CacheCapacity { get; set; } = 50_000;
}
