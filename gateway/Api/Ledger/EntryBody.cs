using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Gateway.Json;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>A ledger entry.</summary>
/// <param name="OperationId">The operation's id; ids are ordered by time.</param>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="At">When it was committed (UTC).</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Actor">The principal that acted, with its name at that time.</param>
/// <param name="Stream">The ledger stream that contains it.</param>
/// <param name="Number">Its number in the stream, from 1.</param>
/// <param name="PreviousHash">The hash of the previous entry in its stream, lower-case hex.</param>
/// <param name="Hash">The SHA-256 of the entry's text without this member, lower-case hex.</param>
/// <param name="Code">The error code of a failure or denial.</param>
/// <param name="SignerId">The signer concerned.</param>
/// <param name="SignerName">Its name at that time.</param>
/// <param name="CertificateSerial">The certificate's serial number, lower-case hex.</param>
/// <param name="SigningAlgorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the submitted bytes were a digest.</param>
/// <param name="Data">The submitted bytes, base64.</param>
/// <param name="DataHash">SHA-256 of the submitted bytes, lower-case hex.</param>
/// <param name="Signature">The signature that was returned, base64; ECDSA in DER.</param>
/// <param name="GrantId">The grant that the attempt used, or was denied under.</param>
/// <param name="Use">The number of the grant's use, from 1.</param>
/// <param name="Bypass">Whether the policy allowed a machine identity to sign without a grant.</param>
/// <param name="ClientMetadata">The client's assertions about itself.</param>
/// <param name="Address">The client's address.</param>
/// <param name="Count">The number of identical denials that it summarizes.</param>
/// <param name="Action">The action of an administrative entry.</param>
/// <param name="Subject">The subject of an administrative entry, as <c>type/id</c>.</param>
/// <param name="Changes">
/// The changes of an administrative entry: each changed field as <c>{from, to}</c> or <c>{added, removed}</c>, and
/// under <c>pending</c>, with the request's id, what awaits approval. Entries of earlier releases contain the request
/// instead.
/// </param>
/// <param name="Basis">The decision's read set.</param>
/// <param name="Writes">The versions written together with the entry.</param>
internal sealed record EntryBody(
    string OperationId,
    EntryKind Kind,
    DateTimeOffset At,
    EntryOutcome Outcome,
    Actor Actor,
    string Stream,
    long Number,
    string PreviousHash,
    string Hash,
    string? Code = null,
    string? SignerId = null,
    string? SignerName = null,
    string? CertificateSerial = null,
    string? SigningAlgorithm = null,
    bool? IsDigest = null,
    string? Data = null,
    string? DataHash = null,
    string? Signature = null,
    string? GrantId = null,
    long? Use = null,
    bool? Bypass = null,
    IReadOnlyDictionary<string, string>? ClientMetadata = null,
    string? Address = null,
    int? Count = null,
    string? Action = null,
    string? Subject = null,
    JsonElement? Changes = null,
    IReadOnlyList<string>? Basis = null,
    IReadOnlyList<string>? Writes = null)
{
    /// <summary>Reads an entry's text.</summary>
    public static EntryBody Read(LedgerEntry entry) => JsonSerializer.Deserialize<EntryBody>(entry.Json, ContractJson.Options)!;
}

/// <summary>One page of entries.</summary>
/// <param name="Items">The entries, newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record EntryPageBody(IReadOnlyList<EntryBody> Items, string? Next = null);

/// <summary>One page of ledger entries. An entry is sent as the exact text of its hash.</summary>
internal sealed class EntryPage(IReadOnlyList<LedgerEntry> entries, string? next) : IResult
{
    /// <summary>The entries, newest first.</summary>
    public IReadOnlyList<LedgerEntry> Entries => entries;

    /// <summary>The cursor of the next page; null on the last.</summary>
    public string? Next => next;

    public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.WriteAsync(httpContext, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var entry in entries)
        {
            json.WriteRawValue(entry.Json, skipInputValidation: true);
        }

        json.WriteEndArray();
        if (next is not null)
        {
            json.WriteString("next"u8, next);
        }

        json.WriteEndObject();
    });
}
