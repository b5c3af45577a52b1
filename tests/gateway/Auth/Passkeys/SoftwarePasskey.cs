using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodeSigning.Gateway.Tests.Auth.Passkeys;

/// <summary>An authenticator in software, with one passkey (Web Authentication Level 3, section 6).</summary>
internal sealed class SoftwarePasskey(string relyingParty, string origin)
{
    private const byte UserPresent = 0x01;
    private const byte UserVerified = 0x04;
    private const byte HasCredential = 0x40;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _credentialId = RandomNumberGenerator.GetBytes(32);
    private string? _userHandle;

    public string RelyingParty { get; set; } = relyingParty;

    public string Origin { get; set; } = origin;

    public uint Counter { get; set; } = 1;

    public bool VerifiesUser { get; set; } = true;

    public bool IsCrossOrigin { get; set; }

    public string CredentialId => Base64Url.EncodeToString(_credentialId);

    /// <summary>Makes the passkey; gives the body that adds it.</summary>
    public object Make(JsonNode options, string name = "laptop")
    {
        _userHandle = (string)options["user"]!["id"]!;
        var attestation = new CborWriter(CborConformanceMode.Ctap2Canonical);
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt");
        attestation.WriteTextString("none");
        attestation.WriteTextString("attStmt");
        attestation.WriteStartMap(0);
        attestation.WriteEndMap();
        attestation.WriteTextString("authData");
        attestation.WriteByteString([.. Data(HasCredential), .. new byte[16], .. Length(_credentialId), .. _credentialId, .. PublicKey()]);
        attestation.WriteEndMap();
        return new
        {
            name,
            credentialId = CredentialId,
            clientDataJson = Base64Url.EncodeToString(ClientData("webauthn.create", options)),
            attestationObject = Base64Url.EncodeToString(attestation.Encode()),
        };
    }

    /// <summary>Uses the passkey; gives the assertion.</summary>
    public JsonObject Use(JsonNode options, string? userHandle = null)
    {
        var clientData = ClientData("webauthn.get", options);
        Counter++;
        var data = Data(0);
        var signature = _key.SignData([.. data, .. SHA256.HashData(clientData)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new JsonObject
        {
            ["credentialId"] = CredentialId,
            ["clientDataJson"] = Base64Url.EncodeToString(clientData),
            ["authenticatorData"] = Base64Url.EncodeToString(data),
            ["signature"] = Base64Url.EncodeToString(signature),
            ["userHandle"] = userHandle ?? _userHandle,
        };
    }

    private byte[] ClientData(string type, JsonNode options) => JsonSerializer.SerializeToUtf8Bytes(
        new { type, challenge = (string)options["challenge"]!, origin = Origin, crossOrigin = IsCrossOrigin });

    private byte[] Data(byte flags)
    {
        var data = new byte[37];
        SHA256.HashData(Encoding.UTF8.GetBytes(RelyingParty), data);
        data[32] = (byte)(flags | UserPresent | (VerifiesUser ? UserVerified : 0));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(33), Counter);
        return data;
    }

    private byte[] PublicKey()
    {
        var point = _key.ExportParameters(false).Q;
        var key = new CborWriter(CborConformanceMode.Ctap2Canonical);
        key.WriteStartMap(5);
        foreach (var (label, value) in new[] { (1, 2), (3, -7), (-1, 1) })
        {
            key.WriteInt32(label);
            key.WriteInt32(value);
        }

        key.WriteInt32(-2);
        key.WriteByteString(point.X!);
        key.WriteInt32(-3);
        key.WriteByteString(point.Y!);
        key.WriteEndMap();
        return key.Encode();
    }

    private static byte[] Length(byte[] bytes)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)bytes.Length);
        return length;
    }
}
