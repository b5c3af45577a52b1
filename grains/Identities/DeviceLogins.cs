using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>A sign-in of a command-line client, from its beginning until its token is fetched.</summary>
internal sealed record DeviceLoginState : IIndexedState
{
    /// <summary>What the person types.</summary>
    public required string UserCode { get; init; }

    /// <summary>What the client calls itself.</summary>
    public required string Client { get; init; }

    /// <summary>SHA-256 of the code verifier.</summary>
    public required byte[] Challenge { get; init; }

    public string? RedirectUri { get; init; }

    public string? Address { get; init; }

    public string? UserAgent { get; init; }

    public required DateTimeOffset BegunAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Who denied it, or approved it.</summary>
    public bool IsDenied { get; init; }

    /// <summary>The session in which it was approved, as it was then; null until then.</summary>
    public SessionState? ApprovedIn { get; init; }

    /// <summary>SHA-256 of the code that the browser brings to the client's address.</summary>
    public byte[]? CodeHash { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: UserCode, Until: ExpiresAt);
}

/// <summary>
/// Signs a person in on a command-line client without a password in it: the client begins (RFC 8628; or RFC 8252, where it
/// listens on loopback), the person confirms in a signed-in browser, the client fetches a token. Its codes serve once, for ten
/// minutes, and only whoever holds the code verifier (RFC 7636).
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class DeviceLogins(
    IStateStore store, ILedger ledger, SessionRows sessions, IObservations observations, IOptions<PasskeyOptions> options, TimeProvider time)
{
    private const string Page = "/device";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Begins a sign-in.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public async Task<DeviceLoginBegun> BeginAsync(BeginDeviceLogin request, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var deviceCode = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        var state = new DeviceLoginState
        {
            UserCode = DeviceLoginRules.NewUserCode(),
            Client = DisplayText.ValidateName(request.Client, "The field 'client'"),
            Challenge = DeviceLoginRules.ReadChallenge(request.CodeChallenge),
            RedirectUri = DeviceLoginRules.ValidateRedirect(request.RedirectUri),
            Address = origin.Address,
            UserAgent = origin.UserAgent,
            BegunAt = now,
            ExpiresAt = now + Life,
        };
        var element = new LedgerElement { Writes = [StateWrite.New(StateTypes.DeviceLogin, DeviceLoginRules.RowIdOf(deviceCode), state)] };
        await ledger.RecordAsync(element, cancellationToken);
        var page = new Uri(options.Value.PublicUrl, Page);
        return new DeviceLoginBegun(
            deviceCode, state.UserCode, page.ToString(), $"{page}#{state.UserCode}", (long)Life.TotalSeconds, (long)Interval.TotalSeconds);
    }

    /// <summary>The sign-in that waits for its person, who sees who asks from where.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>; <c>Forbidden</c> for machine identities.</exception>
    public async Task<DeviceLoginView> GetAsync(Caller caller, string userCode, CancellationToken cancellationToken)
    {
        var state = (await RequirePendingAsync(caller, userCode, cancellationToken)).State;
        return new DeviceLoginView(state.UserCode, state.Client, state.Address, state.UserAgent, state.BegunAt, state.ExpiresAt);
    }

    /// <summary>Lets the client sign in as the caller.</summary>
    /// <exception cref="RefusedException">
    /// <c>NotFound</c>; <c>Forbidden</c> for machine identities, and in a session that began by a device code itself.
    /// </exception>
    public async Task<DeviceLoginApproved> ApproveAsync(Caller caller, string userCode, CancellationToken cancellationToken)
    {
        var login = await RequirePendingAsync(caller, userCode, cancellationToken);
        var session = await store.FindAsync<SessionState>(StateTypes.Session, caller.SessionId!, cancellationToken)
            ?? throw new RefusedException(ErrorCode.Unauthenticated, "The session has ended: sign in again.");
        if (session.State.Client is not null)
        {
            throw new RefusedException(ErrorCode.Forbidden, "A client that was let in by a code lets nobody in: confirm in a browser.");
        }

        var code = login.State.RedirectUri is null ? null : Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var next = login.State with { ApprovedIn = session.State, CodeHash = code is null ? null : DeviceLoginRules.Hash(code) };
        await ledger.RecordAsync(Record(caller, "user.approveDevice", login, next), cancellationToken);
        return new DeviceLoginApproved(code is null ? null : DeviceLoginRules.ToRedirect(login.State.RedirectUri!, code));
    }

    /// <summary>Keeps the client out.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>; <c>Forbidden</c> for machine identities.</exception>
    public async Task DenyAsync(Caller caller, string userCode, CancellationToken cancellationToken)
    {
        var login = await RequirePendingAsync(caller, userCode, cancellationToken);
        await ledger.RecordAsync(Record(caller, "user.denyDevice", login, login.State with { IsDenied = true }), cancellationToken);
    }

    /// <summary>Begins the client's session, which ends with the one that it was approved in at the latest.</summary>
    /// <exception cref="RefusedException">
    /// With the member <c>error</c> of RFC 8628, section 3.5: <c>Conflict</c> while the person has not decided;
    /// <c>Forbidden</c> if they denied; <c>Unauthenticated</c> if the code is unknown, used, expired or another client's.
    /// </exception>
    public async Task<IssuedToken> RedeemAsync(RedeemDeviceLogin request, LoginOrigin origin, CancellationToken cancellationToken)
    {
        string? id = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken) ?? throw DeviceLoginRules.Expired();
        observations.NoteLogin(id!);
        return token;

        async Task<NewSession?> DecideAsync()
        {
            var login = await store.FindAsync<DeviceLoginState>(
                StateTypes.DeviceLogin, DeviceLoginRules.RowIdOf(request.DeviceCode), cancellationToken);
            var approved = DeviceLoginRules.Decide(login?.State, request, time.GetUtcNow());
            var user = await store.FindAsync<UserState>(StateTypes.User, approved.Principal.Id, cancellationToken);
            if (user?.State.Status != PrincipalStatus.Active || user.State.SessionGeneration != approved.Generation)
            {
                return null;
            }

            id = user.Id;
            return new NewSession
            {
                Principal = approved.Principal,
                Generation = approved.Generation,
                Origin = origin,
                ReadSet = [user.ToVersion()],
                LatestEnd = approved.ExpiresAt,
                Subject = approved.Subject,
                Issuer = approved.Issuer,
                ProviderSession = approved.ProviderSession,
                Client = login!.State.Client,
                Methods = approved.Methods,
                SecondFactorAt = approved.SecondFactorAt,
                AlsoWrite = [login.Remove()],
            };
        }
    }

    private LedgerElement Record(Caller caller, string action, Row<DeviceLoginState> login, DeviceLoginState next) => Change.By(
        caller,
        action,
        StateTypes.User,
        caller.Id,
        Changes.None.Saying("device", new { login.State.Client, login.State.Address, login.State.UserAgent }),
        time).Writing(login.Replace(next));

    private async Task<Row<DeviceLoginState>> RequirePendingAsync(Caller caller, string userCode, CancellationToken cancellationToken)
    {
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Machine identities sign in with their own credentials.");
        }

        return DeviceLoginRules.Normalize(userCode) is { } code
            && await store.FindByNameAsync<DeviceLoginState>(StateTypes.DeviceLogin, code, cancellationToken) is { } login
            && login.State is { IsDenied: false, ApprovedIn: null } && login.State.ExpiresAt > time.GetUtcNow()
            ? login
            : throw new RefusedException(ErrorCode.NotFound, "No client waits under this code: it serves once, for ten minutes.");
    }
}

/// <summary>The codes of sign-ins of command-line clients, and who may redeem them. Pure functions.</summary>
internal static class DeviceLoginRules
{
    // RFC 8628, section 6.1: no vowels, so that no words come about, and nothing that looks alike.
    private const string Alphabet = "BCDFGHJKLMNPQRSTVWXZ";
    private const int HalfLength = 4;
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    /// <summary>A code for a person, as <c>BCDF-GHJK</c>: 2^34 of them.</summary>
    public static string NewUserCode() =>
        $"{RandomNumberGenerator.GetString(Alphabet, HalfLength)}-{RandomNumberGenerator.GetString(Alphabet, HalfLength)}";

    /// <summary>The code as it is stored; null for a text that is none.</summary>
    public static string? Normalize(string text)
    {
        var letters = text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        return letters.Length == 2 * HalfLength && !letters.AsSpan().ContainsAnyExcept(Letters)
            ? $"{letters[..HalfLength]}-{letters[HalfLength..]}"
            : null;
    }

    /// <summary>The hash of the code verifier.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static byte[] ReadChallenge(string text)
    {
        var challenge = new byte[SHA256.HashSizeInBytes];
        return Base64Url.IsValid(text, out var length) && length == challenge.Length && Base64Url.TryDecodeFromChars(text, challenge, out _)
            ? challenge
            : throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'codeChallenge' is invalid: expected the SHA-256 of the code verifier as 43 characters of base64url.");
    }

    /// <summary>Returns the address if it is on this machine (RFC 8252, section 7.3).</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string? ValidateRedirect(string? text) =>
        text is null || (Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http", Host: "127.0.0.1" or "[::1]", UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 })
            ? text
            : throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'redirectUri' is invalid: expected http://127.0.0.1:PORT/PATH or http://[::1]:PORT/PATH.");

    /// <summary>The address with the code.</summary>
    public static string ToRedirect(string redirectUri, string code) => $"{new Uri(redirectUri)}?code={code}";

    /// <summary>The id of the row of a device code.</summary>
    public static string RowIdOf(string deviceCode) => UsedValue.Hash("device", deviceCode);

    /// <summary>SHA-256 of a code.</summary>
    public static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));

    /// <summary>The session that a client gets a part of.</summary>
    /// <exception cref="RefusedException">See <see cref="DeviceLogins.RedeemAsync"/>.</exception>
    public static SessionState Decide(DeviceLoginState? login, RedeemDeviceLogin request, DateTimeOffset now)
    {
        if (login is null || login.ExpiresAt <= now || !IsOf(login.Challenge, request.CodeVerifier))
        {
            throw Expired();
        }

        if (login.IsDenied)
        {
            throw Refuse(ErrorCode.Forbidden, "access_denied", "The person denied the sign-in.");
        }

        var approved = login.ApprovedIn ?? throw Refuse(ErrorCode.Conflict, "authorization_pending", "The person has not decided yet: ask again after the interval.");
        return login.CodeHash is { } code && !IsOf(code, request.Code ?? "") ? throw Expired() : approved;
    }

    /// <summary><c>Unauthenticated</c>: the code counts no more, or never did.</summary>
    public static RefusedException Expired() =>
        Refuse(ErrorCode.Unauthenticated, "expired_token", "The code is unknown, used, expired or another client's: begin again.");

    private static bool IsOf(byte[] hash, string secret) => CryptographicOperations.FixedTimeEquals(hash, Hash(secret));

    private static RefusedException Refuse(ErrorCode code, string error, string message) => new(code, message)
    {
        Members = ImmutableDictionary<string, string>.Empty.Add("error", $"\"{error}\""),
    };
}
