namespace CodeSigning.Identities;

/// <summary>A place where the caller is signed in.</summary>
/// <param name="Id">The id, <c>ses_…</c>; it is no secret.</param>
/// <param name="CreatedAt">When it began (UTC).</param>
/// <param name="ExpiresAt">When it ends (UTC).</param>
/// <param name="IsCurrent">Whether it is the session of this very request.</param>
/// <param name="Address">The address that it was begun from.</param>
/// <param name="UserAgent">What the client said it was.</param>
/// <param name="ClientSecretId">The client secret that it was begun with.</param>
/// <param name="Subject">The subject of the CI's token that it was begun with.</param>
public sealed record SessionView(
    string Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    bool IsCurrent,
    string? Address,
    string? UserAgent,
    string? ClientSecretId,
    string? Subject);
