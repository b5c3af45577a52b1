namespace CodeSigning.Grains.States;

/// <summary>The types of stored state. The values are stored: never change or reuse them.</summary>
public static class StateTypes
{
    /// <summary>A named signing identity.</summary>
    public const string Signer = "signer";

    /// <summary>A code-signing certificate and the id of its key.</summary>
    public const string Certificate = "certificate";

    /// <summary>An internal certification authority.</summary>
    public const string CertificateAuthority = "ca";

    /// <summary>The number of certificates that an internal CA has revoked.</summary>
    public const string RevocationCount = "revocation-count";

    /// <summary>The file of an attestation of a key.</summary>
    public const string Attestation = "attestation";

    /// <summary>A sealed key of the vault.</summary>
    public const string Key = "key";

    /// <summary>The outcome of the last PIN that was tried on a token of an HSM.</summary>
    public const string TokenPin = "token-pin";

    /// <summary>A record of an imported key; see <c>ImportedKeyState</c>.</summary>
    public const string ImportedKey = "imported-key";

    /// <summary>A person.</summary>
    public const string User = "user";

    /// <summary>A machine identity.</summary>
    public const string Identity = "identity";

    /// <summary>A client secret of a machine identity.</summary>
    public const string ClientSecret = "secret";

    /// <summary>A group of people and machine identities.</summary>
    public const string Group = "group";

    /// <summary>A login session.</summary>
    public const string Session = "session";

    /// <summary>What of a person's second factor was used: the last time step, and the recovery codes that are left.</summary>
    public const string SecondFactor = "second-factor";

    /// <summary>A begun enrolment of an authenticator app.</summary>
    public const string TotpEnrolment = "totp-enrolment";

    /// <summary>The person whom a subject of an identity provider is.</summary>
    public const string ExternalIdentity = "external-identity";

    /// <summary>Whose a passkey is, and its counter.</summary>
    public const string Passkey = "passkey";

    /// <summary>A sign-in of a command-line client that its person confirms.</summary>
    public const string DeviceLogin = "device-login";

    /// <summary>A value that counts once, such as the nonce of a sign-in.</summary>
    public const string UsedValue = "used-value";

    /// <summary>The single row that lists the active administrators; see <c>AdministratorRegister</c>.</summary>
    public const string Administrators = "administrators";

    /// <summary>An OpenID Connect token used at a login.</summary>
    public const string SeenToken = "seen-token";

    /// <summary>A signing policy.</summary>
    public const string Policy = "policy";

    /// <summary>A request for approval.</summary>
    public const string ApprovalRequest = "request";

    /// <summary>A grant.</summary>
    public const string Grant = "grant";

    /// <summary>The use count of a grant or a client secret; see <see cref="UseCountState"/>.</summary>
    public const string UseCount = "use-count";

    /// <summary>A marker that the rows of earlier releases were upgraded; see <c>EarlierStates</c>.</summary>
    public const string Upgrade = "upgrade";

    /// <summary>A webhook.</summary>
    public const string Webhook = "webhook";

    /// <summary>The delivery of an event to a webhook or a mailbox, and its outcome.</summary>
    public const string Delivery = "delivery";

    /// <summary>
    /// The position of the notification feed in the ledger, and the certificates whose expiry was announced.
    /// </summary>
    public const string NotificationFeed = "notification-feed";

    /// <summary>The result of the last full ledger verification, and the node that runs the next.</summary>
    public const string LedgerVerification = "ledger-verification";

    /// <summary>What of the ledger lies in archives, outside the store.</summary>
    public const string LedgerArchive = "ledger-archive";

    /// <summary>How far the ledger was forwarded to a receiver of the operator's.</summary>
    public const string Forwarding = "forwarding";

    /// <summary>How many attempts to sign there were by day; nothing is decided by it.</summary>
    public const string DailyCounts = "daily-counts";

    /// <summary>A permanently reserved name; see <see cref="NameReservation"/>.</summary>
    public const string ReservedName = "reserved-name";
}

/// <summary>Derives the index columns of a state type from its content; verification compares the two.</summary>
/// <param name="Type">One of <see cref="StateTypes"/>.</param>
/// <param name="ReadIndex">Derives the index from the content (UTF-8 JSON).</param>
public sealed record StateKind(string Type, Func<ReadOnlyMemory<byte>, StateIndex> ReadIndex)
{
    /// <summary>The kind of an indexed state.</summary>
    public static StateKind Of<TState>(string type)
        where TState : IIndexedState =>
        new(type, content => StateJson.Read<TState>(content.Span).ToIndex());

    /// <summary>A kind without index columns.</summary>
    public static StateKind WithoutIndex(string type) => new(type, _ => StateIndex.None);
}
