using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>The relying party of passkeys (Web Authentication Level 3, section 5.4.2).</summary>
public sealed class PasskeyOptions
{
    private const string KeyType = "public-key";
    private const string Required = "required";

    /// <summary>Where people reach this server: the origin of every ceremony, and its host the relying party's id.</summary>
    public Uri PublicUrl { get; set; } = new("http://localhost:8080");

    /// <summary>The relying party's id.</summary>
    public string RelyingParty => PublicUrl.IdnHost;

    /// <summary>The origin of pages that may use passkeys.</summary>
    public string Origin => PublicUrl.GetLeftPart(UriPartial.Authority);

    /// <summary>What a browser needs to use a passkey.</summary>
    internal PasskeyRequestView ToRequest(byte[] challenge, ImmutableArray<Passkey> allowed) => new(
        Base64Url.EncodeToString(challenge), RelyingParty, Describe(allowed), Required, (long)PasskeyChallenges.Life.TotalMilliseconds);

    /// <summary>What a browser needs to make a passkey.</summary>
    internal PasskeyCreationView ToCreation(byte[] challenge, string userId, UserState user) => new(
        Base64Url.EncodeToString(challenge),
        new PasskeyPartyView(RelyingParty, "Code signing"),
        new PasskeyPersonView(
            Base64Url.EncodeToString(Encoding.ASCII.GetBytes(userId)), user.Email.Length == 0 ? user.Name : user.Email, user.Name),
        [.. PasskeyVerifier.AlgorithmNumbers.Select(number => new PasskeyAlgorithmView(KeyType, number))],
        Describe(user.Passkeys),
        new PasskeySelectionView(Required, Required),
        "none",
        (long)PasskeyChallenges.Life.TotalMilliseconds);

    private static ImmutableArray<PasskeyDescriptorView> Describe(ImmutableArray<Passkey> passkeys) =>
        [.. passkeys.Select(passkey => new PasskeyDescriptorView(KeyType, Base64Url.EncodeToString(passkey.CredentialId)))];
}
