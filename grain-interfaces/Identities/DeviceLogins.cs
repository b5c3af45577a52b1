namespace CodeSigning.Identities;

/// <summary>The body by which a command-line client begins a sign-in that its person confirms in a browser.</summary>
/// <param name="Client">What the client calls itself, 1 to 64 characters; the person sees it.</param>
/// <param name="CodeChallenge">
/// The base64url of the SHA-256 of a secret of 43 to 128 characters, the code verifier (RFC 7636, section 4.2): the code serves
/// this client alone.
/// </param>
/// <param name="RedirectUri">
/// Where the client listens on this machine, as <c>http://127.0.0.1:PORT/PATH</c> or <c>http://[::1]:PORT/PATH</c> (RFC 8252,
/// section 7.3): the browser brings the code there. Absent where no browser is near (RFC 8628).
/// </param>
public sealed record BeginDeviceLogin(string Client, string CodeChallenge, string? RedirectUri = null);

/// <summary>A begun sign-in (RFC 8628, section 3.2).</summary>
/// <param name="DeviceCode">The client's secret to ask by.</param>
/// <param name="UserCode">What the person types, or compares.</param>
/// <param name="VerificationUri">The page on which the person confirms.</param>
/// <param name="VerificationUriComplete">The same page with the code.</param>
/// <param name="ExpiresIn">For how many seconds.</param>
/// <param name="Interval">How many seconds to wait between two questions.</param>
public sealed record DeviceLoginBegun(
    string DeviceCode, string UserCode, string VerificationUri, string VerificationUriComplete, long ExpiresIn, long Interval)
{
    /// <summary>Without the codes, so that no log can show them.</summary>
    public override string ToString() => $"{nameof(DeviceLoginBegun)} {{ ExpiresIn = {ExpiresIn} }}";
}

/// <summary>The body by which the client asks for its token.</summary>
/// <param name="DeviceCode">The client's secret.</param>
/// <param name="CodeVerifier">The secret whose hash the client began with.</param>
/// <param name="Code">What the browser brought to the client's address; of clients with one alone.</param>
public sealed record RedeemDeviceLogin(string DeviceCode, string CodeVerifier, string? Code = null)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(RedeemDeviceLogin);
}

/// <summary>A sign-in that waits for its person.</summary>
/// <param name="UserCode">Its code.</param>
/// <param name="Client">What the client calls itself.</param>
/// <param name="Address">The address that it asks from.</param>
/// <param name="UserAgent">Its <c>User-Agent</c>.</param>
/// <param name="CreatedAt">When it began (UTC).</param>
/// <param name="ExpiresAt">When it expires (UTC).</param>
public sealed record DeviceLoginView(
    string UserCode, string Client, string? Address, string? UserAgent, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>A confirmed sign-in.</summary>
/// <param name="RedirectTo">The client's address with its code, where it listens on one.</param>
public sealed record DeviceLoginApproved(string? RedirectTo)
{
    /// <summary>The type's name alone, so that no log can show the code.</summary>
    public override string ToString() => nameof(DeviceLoginApproved);
}
