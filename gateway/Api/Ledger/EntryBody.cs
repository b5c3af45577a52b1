using System.Text.Json;
using CodeSigning.Gateway.Json;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>A ledger entry. For the OpenAPI document; entries go out as the text that their hash was made of.</summary>
/// <param name="OperationId">The operation's id; ids are ordered by time.</param>
/// <param name="Kind">What it tells of.</param>
/// <param name="At">When it was committed (UTC).</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Actor">Who did it, under the name of that time.</param>
/// <param name="Stream">The ledger stream that it stands in.</param>
/// <param name="Number">Its number there, from 1.</param>
/// <param name="PreviousHash">The hash of the entry before it in its stream, lower-case hex.</param>
/// <param name="Hash">The SHA-256 of the entry's text without this member, lower-case hex.</param>
/// <param name="Code">Why it failed or was denied.</param>
/// <param name="SignerId">The signer concerned.</param>
/// <param name="SignerName">Its name at that time.</param>
/// <param name="CertificateSerial">The certificate's serial number, lower-case hex.</param>
/// <param name="SigningAlgorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the submitted bytes were a digest already.</param>
/// <param name="Data">The submitted bytes, base64.</param>
/// <param name="DataHash">SHA-256 of the submitted bytes, lower-case hex.</param>
/// <param name="Signature">The signature that left, base64; ECDSA as DER.</param>
/// <param name="GrantId">The grant that it was made, or refused, under.</param>
/// <param name="Use">The number of the grant's use, from 1.</param>
/// <param name="Bypass">Whether the policy let a machine identity pass without a grant.</param>
/// <param name="ClientMetadata">What the client said of itself.</param>
/// <param name="Address">The address that it came from.</param>
/// <param name="Count">How many identical denials it stands for.</param>
/// <param name="Action">What was done, for an administrative entry.</param>
/// <param name="Subject">What an administrative entry is about, as <c>type/id</c>.</param>
/// <param name="Changes">
/// What changed, for an administrative entry: each field that changed as <c>{from, to}</c> or <c>{added, removed}</c>, and
/// under <c>pending</c>, with the request's id, what waits for approval. In entries of earlier versions what was asked for.
/// </param>
/// <param name="Basis">The versions of what the decision rests on.</param>
/// <param name="Writes">The versions of what was written together with the entry.</param>
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
    IReadOnlyList<string>? Writes = null);

/// <summary>One page of entries. For the OpenAPI document; <see cref="EntryPage"/> writes it.</summary>
/// <param name="Items">The entries, newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record EntryPageBody(IReadOnlyList<EntryBody> Items, string? Next = null);

/// <summary>One page of ledger entries. An entry goes out as the very text that its hash was made of.</summary>
internal sealed class EntryPage(IReadOnlyList<LedgerEntry> entries, string? next) : IResult
{
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
