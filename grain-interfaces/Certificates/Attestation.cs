using System.Text.Json.Serialization;
using CodeSigning.Contract;
using CodeSigning.Identities;

namespace CodeSigning.Certificates;

/// <summary>
/// The body that attaches what the tools of a key's token attest of it, such as that it was made in the token and cannot leave it.
/// </summary>
/// <param name="FileName">The file's name without a path, 1 to 128 visible characters.</param>
/// <param name="MediaType">
/// Its media type: <c>text/plain</c> (also for JSON), <c>application/pdf</c>, <c>application/zip</c>, <c>application/gzip</c>,
/// <c>application/x-pem-file</c>, <c>application/pkix-cert</c> or <c>application/octet-stream</c>.
/// </param>
/// <param name="Content">The file, 1 byte to 64 KiB, base64 on the wire. It is kept byte for byte.</param>
public sealed record AttachAttestation(
    string FileName,
    string MediaType,
    [property: JsonConverter(typeof(Base64Converter))] ReadOnlyMemory<byte> Content);

/// <summary>An attestation of a certificate's key. The server keeps it and does not judge it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="FileName">The file's name.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">SHA-256 over the file, lower-case hex; it stands in the ledger too.</param>
/// <param name="AttachedAt">When it was attached (UTC).</param>
/// <param name="AttachedBy">Who attached it.</param>
public sealed record AttestationView(
    string Id, string FileName, string MediaType, int Length, string Sha256, DateTimeOffset AttachedAt, Actor AttachedBy);
