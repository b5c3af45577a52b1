using System.Runtime.InteropServices;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;
using Net.Pkcs11Interop.LowLevelAPI80.MechanismParams;

namespace CodeSigning.Silo.Hsm;

/// <summary>How our algorithms are said in PKCS#11 v2.40. The digest is made here, so that every token hashes alike.</summary>
internal static class TokenMechanisms
{
    private static readonly CK_MECHANISM Pss256 = Pss(CKM.CKM_SHA256, CKG.CKG_MGF1_SHA256, 32);
    private static readonly CK_MECHANISM Pss384 = Pss(CKM.CKM_SHA384, CKG.CKG_MGF1_SHA384, 48);
    private static readonly CK_MECHANISM Pss512 = Pss(CKM.CKM_SHA512, CKG.CKG_MGF1_SHA512, 64);

    // DigestInfo (RFC 8017, section 9.2, note 1).
    private static readonly byte[] Sha256Info = Convert.FromHexString("3031300d060960864801650304020105000420");
    private static readonly byte[] Sha384Info = Convert.FromHexString("3041300d060960864801650304020205000430");
    private static readonly byte[] Sha512Info = Convert.FromHexString("3051300d060960864801650304020305000440");

    /// <summary>The mechanism that generates a key pair.</summary>
    public static CKM ForGeneration(KeyAlgorithm algorithm) =>
        algorithm.IsRsa() ? CKM.CKM_RSA_PKCS_KEY_PAIR_GEN : CKM.CKM_EC_KEY_PAIR_GEN;

    /// <summary>The mechanism that signs.</summary>
    public static CKM ForSigning(SigningAlgorithm algorithm) =>
        !algorithm.IsRsa() ? CKM.CKM_ECDSA : algorithm.IsPss() ? CKM.CKM_RSA_PKCS_PSS : CKM.CKM_RSA_PKCS;

    /// <summary>The mechanism with its parameters, which live as long as the process.</summary>
    public static CK_MECHANISM Parameters(SigningAlgorithm algorithm) => ForSigning(algorithm) switch
    {
        CKM.CKM_RSA_PKCS_PSS => ByDigest(algorithm, Pss256, Pss384, Pss512),
        var plain => new CK_MECHANISM { Mechanism = (ulong)plain },
    };

    /// <summary>What the token signs: for PKCS#1 the DigestInfo, for ECDSA at most as many bits as the curve's order has.</summary>
    public static byte[] Input(KeyAlgorithm key, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest) => ForSigning(algorithm) switch
    {
        CKM.CKM_RSA_PKCS => [.. ByDigest(algorithm, Sha256Info, Sha384Info, Sha512Info), .. digest],
        CKM.CKM_ECDSA => digest[..Math.Min(digest.Length, key.FieldLength())].ToArray(),
        _ => digest.ToArray(),
    };

    /// <summary>The length of the token's signature: the modulus, or r‖s.</summary>
    public static int SignatureLength(KeyAlgorithm algorithm) =>
        algorithm.IsRsa() ? SizeOf(algorithm) / 8 : 2 * algorithm.FieldLength();

    /// <summary>The size of a key in bits.</summary>
    public static int SizeOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 => 2048,
        KeyAlgorithm.Rsa3072 => 3072,
        KeyAlgorithm.Rsa4096 => 4096,
        KeyAlgorithm.EcP256 => 256,
        KeyAlgorithm.EcP384 => 384,
        KeyAlgorithm.EcP521 => 521,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    private static T ByDigest<T>(SigningAlgorithm algorithm, T sha256, T sha384, T sha512) => algorithm.DigestLength() switch
    {
        32 => sha256,
        48 => sha384,
        _ => sha512,
    };

    private static CK_MECHANISM Pss(CKM hash, CKG mask, int saltLength)
    {
        CK_RSA_PKCS_PSS_PARAMS parameters = new() { HashAlg = (ulong)hash, Mgf = (ulong)mask, Len = (ulong)saltLength };
        var size = Marshal.SizeOf<CK_RSA_PKCS_PSS_PARAMS>();
        var memory = Marshal.AllocHGlobal(size);
        Marshal.StructureToPtr(parameters, memory, fDeleteOld: false);
        return new CK_MECHANISM { Mechanism = (ulong)CKM.CKM_RSA_PKCS_PSS, Parameter = memory, ParameterLen = (ulong)size };
    }
}
