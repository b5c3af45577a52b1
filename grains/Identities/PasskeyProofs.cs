using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// A passkey. It is part of its owner's row, so that who hides a row from the database neither adds nor takes away one.
/// </summary>
/// <param name="Id">The id, <c>pky_…</c>.</param>
/// <param name="Name">The name that its owner gave it.</param>
/// <param name="CredentialId">The credential's id.</param>
/// <param name="PublicKey">The public key (COSE_Key).</param>
/// <param name="CreatedAt">When it was added (UTC).</param>
public sealed record Passkey(string Id, string Name, byte[] CredentialId, byte[] PublicKey, DateTimeOffset CreatedAt);

/// <summary>
/// Whose a passkey is, and its counter: a row under a hash of the credential's id, written by each use, since a use must not
/// make the decisions of the owner's sessions stale.
/// </summary>
internal sealed record PasskeyState : IIndexedState
{
    public required string UserId { get; init; }

    public required string PasskeyId { get; init; }

    /// <summary>The authenticator's counter; 0 for authenticators without one.</summary>
    public required uint SignCount { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;

    public static string RowIdOf(byte[] credentialId) => UsedValue.Hash("passkey", Base64Url.EncodeToString(credentialId));
}

/// <summary>The rows that go with a person's passkeys.</summary>
internal static class PasskeyRows
{
    /// <summary>The writes that remove them.</summary>
    public static async Task<ImmutableArray<StateWrite>> RemoveAsync(
        IStateStore store, IEnumerable<Passkey> passkeys, CancellationToken cancellationToken)
    {
        (string, string)[] keys = [.. passkeys.Select(passkey => (StateTypes.Passkey, PasskeyState.RowIdOf(passkey.CredentialId)))];
        var rows = keys.Length == 0 ? [] : await store.ReadManyAsync(keys, cancellationToken);
        return [.. rows.Select(row => new StateWrite(row.Type, row.Id, row.Version, null, StateIndex.None))];
    }
}

/// <summary>
/// Makes and checks the challenges of passkeys. A challenge is sealed by the cluster and says itself until when it counts;
/// it opens only for what it was made for, in the session that it was made in. The use is a row in the same commit.
/// </summary>
public sealed class PasskeyChallenges(ISecretSealer sealer, TimeProvider time)
{
    /// <summary>For how long a challenge counts.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private const string Kind = "passkey-challenge";

    /// <summary>Makes a challenge.</summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="session">The session that it counts in; empty for a sign-in.</param>
    internal byte[] Make(PasskeyPurpose purpose, string session) =>
        sealer.Seal(BitConverter.GetBytes((time.GetUtcNow() + Life).UtcTicks), Context(purpose, session));

    /// <summary>The write that uses a challenge up; null if it does not count.</summary>
    internal StateWrite? Use(byte[]? challenge, PasskeyPurpose purpose, string session)
    {
        if (challenge is null || !sealer.TryOpen(challenge, Context(purpose, session), out var until))
        {
            return null;
        }

        var end = new DateTimeOffset(BitConverter.ToInt64(until), TimeSpan.Zero);
        return time.GetUtcNow() < end ? UsedValue.Use(Kind, Base64Url.EncodeToString(challenge), end) : null;
    }

    private static byte[] Context(PasskeyPurpose purpose, string session) => Encoding.ASCII.GetBytes($"{Kind}/{purpose}/{session}");
}

/// <summary>What a challenge is for.</summary>
internal enum PasskeyPurpose
{
    /// <summary>To add a passkey.</summary>
    Add = 1,

    /// <summary>To sign in.</summary>
    SignIn,

    /// <summary>To prove a second factor in a session.</summary>
    StepUp,
}

/// <summary>
/// Judges proofs by passkeys: the challenge, the owner, the signature and the counter. A counter that went back means that
/// the passkey was copied; it is recorded, and proves nothing.
/// </summary>
public sealed class PasskeyProofs(
    IStateStore store, ILedger ledger, PasskeyChallenges challenges, IOptions<PasskeyOptions> options, TimeProvider time, ILogger<PasskeyProofs> log)
{
    /// <summary>Proves a passkey.</summary>
    /// <param name="assertion">What the browser answered.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="session">The session; empty for a sign-in.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The proof; null if it proves nothing.</returns>
    internal async Task<ProvedPasskey?> ProveAsync(
        PasskeyAssertion assertion, PasskeyPurpose purpose, string session, string? address, CancellationToken cancellationToken)
    {
        var proof = PasskeyProof.Read(assertion);
        var challenge = PasskeyVerifier.ReadChallenge(proof.ClientData);
        if (challenges.Use(challenge, purpose, session) is not { } use
            || await store.ReadAsync(use.Type, use.Id, cancellationToken) is not null)
        {
            return Refuse("the challenge does not count", address);
        }

        var counter = await store.FindAsync<PasskeyState>(StateTypes.Passkey, PasskeyState.RowIdOf(proof.CredentialId), cancellationToken);
        var user = counter is null ? null : await store.FindAsync<UserState>(StateTypes.User, counter.State.UserId, cancellationToken);
        var passkey = user?.State.Passkeys.FirstOrDefault(one => one.CredentialId.AsSpan().SequenceEqual(proof.CredentialId));
        if (passkey is null || (purpose == PasskeyPurpose.SignIn && proof.UserHandle is null))
        {
            return Refuse("there is no such passkey", address);
        }

        if (await PasskeyVerifier.VerifyAssertionAsync(proof, challenge!, passkey.PublicKey, user!.Id, options.Value, cancellationToken) is not { } count)
        {
            return Refuse($"the answer of {passkey.Id} is invalid", address);
        }

        if ((count != 0 || counter!.State.SignCount != 0) && count <= counter!.State.SignCount)
        {
            await RecordSuspicionAsync(user, passkey, use, address, cancellationToken);
            return Refuse($"the counter of {passkey.Id} went back", address);
        }

        var next = counter!.State with { SignCount = count, LastUsedAt = time.GetUtcNow() };
        return new ProvedPasskey(user, [counter.Replace(next), use]);
    }

    private async Task RecordSuspicionAsync(
        Row<UserState> user, Passkey passkey, StateWrite use, string? address, CancellationToken cancellationToken)
    {
        var person = Caller.Standing(new PrincipalRef(PrincipalKind.User, user.Id), user.State.Name) with { Address = address };
        var told = Changes.None.Saying("passkey", new { passkey.Id, passkey.Name });
        await ledger.RecordAsync(
            Change.By(person, "user.suspectPasskey", StateTypes.User, user.Id, told, time).Writing(use), cancellationToken);
    }

    private ProvedPasskey? Refuse(string fault, string? address)
    {
        log.LogInformation("A proof by passkey from {Address} failed: {Fault}", address, fault);
        return null;
    }
}

/// <summary>A proof by a passkey, to be committed with what it was proved for.</summary>
/// <param name="User">Its owner.</param>
/// <param name="Writes">The writes that count it, and use its challenge up.</param>
internal sealed record ProvedPasskey(Row<UserState> User, ImmutableArray<StateWrite> Writes);

/// <summary>An assertion, decoded.</summary>
internal sealed record PasskeyProof(byte[] CredentialId, byte[] ClientData, byte[] AuthenticatorData, byte[] Signature, byte[]? UserHandle)
{
    /// <summary>Decodes an assertion.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: a field is not base64url.</exception>
    public static PasskeyProof Read(PasskeyAssertion assertion) => new(
        PasskeyText.Read(assertion.CredentialId, "credentialId"),
        PasskeyText.Read(assertion.ClientDataJson, "clientDataJson"),
        PasskeyText.Read(assertion.AuthenticatorData, "authenticatorData"),
        PasskeyText.Read(assertion.Signature, "signature"),
        assertion.UserHandle is { } handle ? PasskeyText.Read(handle, "userHandle") : null);
}

/// <summary>Bytes as browsers write them: base64url (RFC 4648, section 5).</summary>
internal static class PasskeyText
{
    /// <summary>The bytes of a field.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static byte[] Read(string text, string field)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is invalid: expected base64url.");
        }
    }
}

/// <summary>
/// Signs people in by a passkey alone: the authenticator has verified the person, so that it is two factors. People of the
/// identity provider sign in there.
/// </summary>
public sealed class PasskeyLogin(
    PasskeyChallenges challenges,
    PasskeyProofs proofs,
    SessionRows sessions,
    IObservations observations,
    IOptions<PasskeyOptions> options,
    IOptions<SignInOptions> signIn,
    TimeProvider time)
{
    /// <summary>Begins a sign-in.</summary>
    public PasskeyRequestView Begin() => options.Value.ToRequest(challenges.Make(PasskeyPurpose.SignIn, ""), []);

    /// <summary>Begins a session.</summary>
    /// <exception cref="RefusedException"><c>Unauthenticated</c> for every failed login; <c>RateLimited</c>; <c>InvalidRequest</c>.</exception>
    public async Task<IssuedToken> LoginAsync(PasskeyAssertion assertion, LoginOrigin origin, CancellationToken cancellationToken)
    {
        string? id = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken) ?? throw FailedLogin.Create();
        observations.NoteLogin(id!);
        return token;

        async Task<NewSession?> DecideAsync()
        {
            var proved = await proofs.ProveAsync(assertion, PasskeyPurpose.SignIn, "", origin.Address, cancellationToken);
            if (proved?.User is not { State: { Status: PrincipalStatus.Active, External: null } user } row || !signIn.Value.AllowsLocalSignIn(user.Email))
            {
                return null;
            }

            id = row.Id;
            return new NewSession
            {
                Principal = new PrincipalRef(PrincipalKind.User, row.Id),
                Generation = user.SessionGeneration,
                Origin = origin,
                ReadSet = [row.ToVersion()],
                Methods = [AuthenticationMethod.Passkey],
                SecondFactorAt = time.GetUtcNow(),
                AlsoWrite = proved.Writes,
                With = BreakGlass.EntriesOf(row, signIn.Value, origin, time),
            };
        }
    }
}
