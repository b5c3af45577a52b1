using System.Collections.Immutable;

namespace CodeSigning.Identities;

/// <summary>A passkey of the caller.</summary>
/// <param name="Id">The id, <c>pky_…</c>.</param>
/// <param name="Name">The name that its owner gave it.</param>
/// <param name="CreatedAt">When it was added (UTC).</param>
/// <param name="LastUsedAt">When it was last used (UTC); absent if it never was.</param>
public sealed record PasskeyView(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>The passkeys of the caller.</summary>
/// <param name="Items">The passkeys, oldest first.</param>
public sealed record PasskeysView(ImmutableArray<PasskeyView> Items);

/// <summary>The body that proves the owner of an account for a change of its passkeys.</summary>
/// <param name="CurrentPassword">
/// The caller's password; empty for people of the identity provider, who sign in there again within ten minutes before.
/// </param>
/// <param name="Code">The app's current code, or a recovery code, where an authenticator app is enrolled.</param>
public sealed record ProveOwner(string CurrentPassword, string? Code = null)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(ProveOwner);
}

/// <summary>
/// What a browser needs to make a passkey (Web Authentication Level 3, <c>PublicKeyCredentialCreationOptionsJSON</c>).
/// </summary>
/// <param name="Challenge">The challenge, base64url; it counts once, for five minutes, in this session.</param>
/// <param name="Rp">The relying party.</param>
/// <param name="User">The person.</param>
/// <param name="PubKeyCredParams">The algorithms.</param>
/// <param name="ExcludeCredentials">The passkeys that the person has.</param>
/// <param name="AuthenticatorSelection">What the authenticator must do.</param>
/// <param name="Attestation">Always <c>none</c>.</param>
/// <param name="Timeout">In milliseconds.</param>
public sealed record PasskeyCreationView(
    string Challenge,
    PasskeyPartyView Rp,
    PasskeyPersonView User,
    ImmutableArray<PasskeyAlgorithmView> PubKeyCredParams,
    ImmutableArray<PasskeyDescriptorView> ExcludeCredentials,
    PasskeySelectionView AuthenticatorSelection,
    string Attestation,
    long Timeout);

/// <summary>The relying party.</summary>
/// <param name="Id">The host of the server's public address.</param>
/// <param name="Name">The name to show.</param>
public sealed record PasskeyPartyView(string Id, string Name);

/// <summary>The person whose passkey it is.</summary>
/// <param name="Id">The person's id, base64url.</param>
/// <param name="Name">The address to sign in with.</param>
/// <param name="DisplayName">The name that others see.</param>
public sealed record PasskeyPersonView(string Id, string Name, string DisplayName);

/// <summary>An algorithm.</summary>
/// <param name="Type">Always <c>public-key</c>.</param>
/// <param name="Alg">Its number (COSE, RFC 9053).</param>
public sealed record PasskeyAlgorithmView(string Type, int Alg);

/// <summary>A passkey as browsers name it.</summary>
/// <param name="Type">Always <c>public-key</c>.</param>
/// <param name="Id">The credential's id, base64url.</param>
public sealed record PasskeyDescriptorView(string Type, string Id);

/// <summary>What the authenticator must do.</summary>
/// <param name="ResidentKey">Always <c>required</c>: the passkey names its owner.</param>
/// <param name="UserVerification">Always <c>required</c>: by a PIN or a biometric.</param>
public sealed record PasskeySelectionView(string ResidentKey, string UserVerification);

/// <summary>The body that adds a passkey: what the browser answered.</summary>
/// <param name="Name">A name for it, 1 to 64 characters.</param>
/// <param name="CredentialId">The credential's <c>rawId</c>, base64url.</param>
/// <param name="ClientDataJson">The response's <c>clientDataJSON</c>, base64url.</param>
/// <param name="AttestationObject">The response's <c>attestationObject</c>, base64url.</param>
public sealed record AddPasskey(string Name, string CredentialId, string ClientDataJson, string AttestationObject);

/// <summary>
/// What a browser needs to use a passkey (Web Authentication Level 3, <c>PublicKeyCredentialRequestOptionsJSON</c>).
/// </summary>
/// <param name="Challenge">The challenge, base64url; it counts once, for five minutes.</param>
/// <param name="RpId">The relying party's id.</param>
/// <param name="AllowCredentials">The passkeys that may be used; empty for any.</param>
/// <param name="UserVerification">Always <c>required</c>.</param>
/// <param name="Timeout">In milliseconds.</param>
public sealed record PasskeyRequestView(
    string Challenge, string RpId, ImmutableArray<PasskeyDescriptorView> AllowCredentials, string UserVerification, long Timeout);

/// <summary>A proof by a passkey: what the browser answered.</summary>
/// <param name="CredentialId">The credential's <c>rawId</c>, base64url.</param>
/// <param name="ClientDataJson">The response's <c>clientDataJSON</c>, base64url.</param>
/// <param name="AuthenticatorData">The response's <c>authenticatorData</c>, base64url.</param>
/// <param name="Signature">The response's <c>signature</c>, base64url.</param>
/// <param name="UserHandle">The response's <c>userHandle</c>, base64url; a sign-in needs it.</param>
public sealed record PasskeyAssertion(
    string CredentialId, string ClientDataJson, string AuthenticatorData, string Signature, string? UserHandle = null)
{
    /// <summary>The type's name alone, so that no log can show the proof.</summary>
    public override string ToString() => nameof(PasskeyAssertion);
}
