namespace CodeSigning.Grains.States;

/// <summary>The kinds of stored state. The words are stored: they only ever grow.</summary>
public static class StateTypes
{
    /// <summary>A named signing identity.</summary>
    public const string Signer = "signer";

    /// <summary>A code-signing certificate and the id of its key.</summary>
    public const string Certificate = "certificate";

    /// <summary>An internal certification authority.</summary>
    public const string CertificateAuthority = "ca";

    /// <summary>How many certificates an internal CA has revoked.</summary>
    public const string RevocationCount = "revocation-count";

    /// <summary>A sealed key of the vault.</summary>
    public const string Key = "key";

    /// <summary>That a key was brought in; see <c>ImportedKeyState</c>.</summary>
    public const string ImportedKey = "imported-key";

    /// <summary>A person.</summary>
    public const string User = "user";

    /// <summary>A machine identity.</summary>
    public const string Identity = "identity";

    /// <summary>A client secret of a machine identity.</summary>
    public const string ClientSecret = "secret";

    /// <summary>A group of people and machine identities.</summary>
    public const string Group = "group";

    /// <summary>A login that lasts until it ends or is ended.</summary>
    public const string Session = "session";

    /// <summary>The one row that names the active administrators; see docs of <c>AdministratorRegister</c>.</summary>
    public const string Administrators = "administrators";

    /// <summary>A CI's token that a machine identity logged in with.</summary>
    public const string SeenToken = "seen-token";

    /// <summary>A signing policy.</summary>
    public const string Policy = "policy";

    /// <summary>A request for approval.</summary>
    public const string ApprovalRequest = "request";

    /// <summary>A grant.</summary>
    public const string Grant = "grant";

    /// <summary>How often a grant or a client secret was used; see <see cref="UseCountState"/>.</summary>
    public const string UseCount = "use-count";

    /// <summary>Tells that what an earlier release wrote was brought into today's form; see <c>EarlierStates</c>.</summary>
    public const string Upgrade = "upgrade";

    /// <summary>A webhook that wants to hear of events.</summary>
    public const string Webhook = "webhook";

    /// <summary>An event on its way to a webhook or a mailbox, and what became of it.</summary>
    public const string Delivery = "delivery";

    /// <summary>How far the ledger was read for notifications, and which certificates were told of.</summary>
    public const string NotificationFeed = "notification-feed";

    /// <summary>What the last verification of the whole ledger found, and which node makes the next.</summary>
    public const string LedgerVerification = "ledger-verification";

    /// <summary>A name that is not given again; see <see cref="NameReservation"/>.</summary>
    public const string ReservedName = "reserved-name";
}

/// <summary>How the columns of a kind of state follow from its content; verification compares the two.</summary>
/// <param name="Type">The kind; one of <see cref="StateTypes"/>.</param>
/// <param name="ReadIndex">Derives the index from the content (UTF-8 JSON).</param>
public sealed record StateKind(string Type, Func<ReadOnlyMemory<byte>, StateIndex> ReadIndex)
{
    /// <summary>The kind of a state's type.</summary>
    public static StateKind Of<TState>(string type)
        where TState : IIndexedState =>
        new(type, content => StateJson.Read<TState>(content.Span).ToIndex());

    /// <summary>A kind that no list filters.</summary>
    public static StateKind WithoutIndex(string type) => new(type, _ => StateIndex.None);
}
