using System.Collections.Immutable;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Silo.Tests.Ledger;

/// <summary>Elements as the product's decisions make them.</summary>
internal static class Elements
{
    public static string NewId(string prefix) => EntityId.New(prefix, TimeProvider.System);

    public static EntryDraft Signature(string signerId = "sgn_1", string? grantId = null) => new()
    {
        OperationId = NewId(IdPrefixes.Operation),
        Kind = EntryKind.Sign,
        Outcome = EntryOutcome.Success,
        Actor = new Actor(PrincipalKind.Identity, "idn_1", "ci"),
        Address = "127.0.0.1",
        SignerId = signerId,
        SignerName = "release",
        CertificateSerial = "0badc0de",
        SigningAlgorithm = "ECDSA_SHA256",
        IsDigest = true,
        Data = new byte[32],
        Signature = new byte[] { 0xff, 0xfe, 0xfd },
        GrantId = grantId,
    };

    public static EntryDraft Admin(string action = "signer.create", string subject = "signer/sgn_1") => new()
    {
        OperationId = NewId(IdPrefixes.Operation),
        Kind = EntryKind.Admin,
        Outcome = EntryOutcome.Success,
        Actor = new Actor(PrincipalKind.User, "usr_1", "Grace Hopper"),
        Action = action,
        Subject = subject,
        Changes = "{\"name\":\"größer ✓\"}"u8.ToArray(),
    };

    /// <summary>A signature that rests on nothing.</summary>
    public static LedgerElement Sign(string signerId = "sgn_1") => new() { Entry = Signature(signerId) };

    /// <summary>A signature that takes a use of a grant.</summary>
    public static LedgerElement Use(string grantId, long? limit) => new()
    {
        Entry = Signature(grantId: grantId),
        Use = new GrantUse(grantId, limit),
    };

    /// <summary>Begins to count the uses of grants and client secrets, as what gives them does; without an entry.</summary>
    public static LedgerElement Begin(params ReadOnlySpan<string> ids)
    {
        List<StateWrite> writes = [];
        foreach (var id in ids)
        {
            writes.Add(UseCountState.Begin(id));
        }

        return new LedgerElement { Writes = [.. writes] };
    }

    /// <summary>A new state, with the entry that tells of it.</summary>
    public static LedgerElement Create(string type, string id, string content = "{}", StateIndex? index = null) =>
        Save(type, id, 0, content, index);

    /// <summary>A changed state, with the entry that tells of it.</summary>
    public static LedgerElement Save(string type, string id, long expected, string? content = "{}", StateIndex? index = null) => new()
    {
        Entry = Admin("state.save", $"{type}/{id}"),
        Writes = [Write(type, id, expected, content, index)],
    };

    public static StateWrite Write(string type, string id, long expected, string? content = "{}", StateIndex? index = null) => new(
        type, id, expected, content is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(content), index ?? StateIndex.None);

    public static LedgerElement RestingOn(this LedgerElement element, params StateVersion[] versions) =>
        element with { ReadSet = [.. versions] };

    public static LedgerElement Answering(this LedgerElement element, string key, string answer = "{}") => element with
    {
        Answer = new IdempotentAnswer("idn_1", "sign sgn_1", key, new byte[32], Encoding.UTF8.GetBytes(answer)),
    };

    public static LedgerElement Counting(this LedgerElement element, string id, long? limit) =>
        element with { Counters = ImmutableArray.Create(new CounterUse(id, limit)) };
}
