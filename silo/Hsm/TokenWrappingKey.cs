using System.Security.Cryptography;
using CodeSigning.Silo.Keys;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;
using Net.Pkcs11Interop.LowLevelAPI80.MechanismParams;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// An AES-256 key in a token, with which the token encrypts and decrypts master keys (CKM_AES_GCM). The master key is data for it and no
/// object: hardware in a certified mode unwraps no key whose value may be read, but decrypts data.
/// </summary>
internal sealed class TokenWrappingKey
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly TokenConnection _connection;
    private readonly ulong _handle;

    private TokenWrappingKey(TokenConnection connection, ulong handle) => (_connection, _handle) = (connection, handle);

    /// <summary>Finds the key.</summary>
    /// <exception cref="TokenFaultException">The token is away.</exception>
    /// <exception cref="TokenKeyMissingException">The token is there but does not show the key.</exception>
    /// <exception cref="CryptographicException">Several keys have the label, or the token lacks the mechanism.</exception>
    public static TokenWrappingKey Find(TokenConnection connection, string label)
    {
        RequireMechanism(connection, CKM.CKM_AES_GCM, CKF.CKF_DECRYPT);
        return Search(connection, label) ?? throw connection.Missing($"'{label}'");
    }

    /// <summary>Finds the key, or generates it: sensitive, not extractable, for encryption and decryption only.</summary>
    /// <param name="connection">The token.</param>
    /// <param name="label">The label of the key.</param>
    /// <param name="isNew">Whether it was generated.</param>
    /// <exception cref="TokenFaultException">The token is away.</exception>
    /// <exception cref="CryptographicException">
    /// Several keys have the label, the key is not AES-256 or could leave the token, or the token lacks a mechanism.
    /// </exception>
    public static TokenWrappingKey FindOrGenerate(TokenConnection connection, string label, out bool isNew)
    {
        RequireMechanism(connection, CKM.CKM_AES_GCM, CKF.CKF_ENCRYPT);
        RequireMechanism(connection, CKM.CKM_AES_GCM, CKF.CKF_DECRYPT);
        var found = Search(connection, label);
        isNew = found is null;
        if (found is null)
        {
            RequireMechanism(connection, CKM.CKM_AES_KEY_GEN, CKF.CKF_GENERATE);
            return new TokenWrappingKey(connection, connection.Write((functions, session) => Generate(functions, session, label)));
        }

        return connection.UseSession((functions, session) => IsSealed(functions, session, found._handle))
            ? found
            : throw new CryptographicException($"the key '{label}' is no AES key of 256 bits that is sensitive and not extractable: give another label");
    }

    /// <summary>Encrypts, and decrypts again to prove it.</summary>
    /// <exception cref="TokenFaultException">The token is away.</exception>
    /// <exception cref="CryptographicException">The token refused, or does not open what it made.</exception>
    public (byte[] Nonce, byte[] Ciphertext) Encrypt(SecretBytes plain, byte[] associatedData)
    {
        using GcmParameters parameters = new(RandomNumberGenerator.GetBytes(NonceLength), associatedData);
        var ciphertext = new byte[plain.Length + TagLength];
        var length = _connection.UseSession((functions, session) =>
        {
            var mechanism = parameters.Mechanism;
            Check(functions.C_EncryptInit(session, ref mechanism, _handle), "C_EncryptInit");
            var room = (ulong)ciphertext.Length;
            Check(functions.C_Encrypt(session, plain.Array, (ulong)plain.Length, ciphertext, ref room), "C_Encrypt");
            return room;
        });
        if (length != (ulong)ciphertext.Length)
        {
            throw new CryptographicException($"C_Encrypt made {length} bytes: expected {ciphertext.Length}");
        }

        // Some hardware puts a nonce of its own in the place of the given one.
        var nonce = parameters.ReadNonce();
        using var again = Decrypt(nonce, ciphertext, associatedData);
        return CryptographicOperations.FixedTimeEquals(plain.Span, again.Span)
            ? (nonce, ciphertext)
            : throw new CryptographicException("the token decrypts something else than it encrypted");
    }

    /// <summary>Decrypts; the caller disposes the result.</summary>
    /// <exception cref="TokenFaultException">The token is away.</exception>
    /// <exception cref="CryptographicException">The token refused: it has another key, or something was altered.</exception>
    public SecretBytes Decrypt(byte[] nonce, byte[] ciphertext, byte[] associatedData)
    {
        using GcmParameters parameters = new(nonce, associatedData);
        using SecretBytes room = new(ciphertext.Length); // Some tokens ask for room for the tag too.
        var length = _connection.UseSession((functions, session) =>
        {
            var mechanism = parameters.Mechanism;
            Check(functions.C_DecryptInit(session, ref mechanism, _handle), "C_DecryptInit");
            var written = (ulong)room.Length;
            Check(functions.C_Decrypt(session, ciphertext, (ulong)ciphertext.Length, room.Array, ref written), "C_Decrypt");
            return written;
        });
        return (long)length == ciphertext.Length - TagLength
            ? SecretBytes.CopyOf(room.Span[..(int)length])
            : throw new CryptographicException($"C_Decrypt made {length} bytes: expected {ciphertext.Length - TagLength}");
    }

    private static TokenWrappingKey? Search(TokenConnection connection, string label) =>
        connection.Search(CKO.CKO_SECRET_KEY, new TokenKeyName(label, null)) switch
        {
            [] => null,
            [var handle] => new TokenWrappingKey(connection, handle),
            _ => throw new CryptographicException($"several secret keys have the label '{label}': leave one, or give another label"),
        };

    private static ulong Generate(Pkcs11Library functions, ulong session, string label)
    {
        CK_ATTRIBUTE[] template =
        [
            CkaUtils.CreateAttribute(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY),
            CkaUtils.CreateAttribute(CKA.CKA_KEY_TYPE, CKK.CKK_AES),
            CkaUtils.CreateAttribute(CKA.CKA_VALUE_LEN, (ulong)KeyLength),
            CkaUtils.CreateAttribute(CKA.CKA_TOKEN, true),
            CkaUtils.CreateAttribute(CKA.CKA_PRIVATE, true),
            CkaUtils.CreateAttribute(CKA.CKA_SENSITIVE, true),
            CkaUtils.CreateAttribute(CKA.CKA_EXTRACTABLE, false),
            CkaUtils.CreateAttribute(CKA.CKA_ENCRYPT, true),
            CkaUtils.CreateAttribute(CKA.CKA_DECRYPT, true),
            CkaUtils.CreateAttribute(CKA.CKA_WRAP, false),
            CkaUtils.CreateAttribute(CKA.CKA_UNWRAP, false),
            CkaUtils.CreateAttribute(CKA.CKA_SIGN, false),
            CkaUtils.CreateAttribute(CKA.CKA_VERIFY, false),
            CkaUtils.CreateAttribute(CKA.CKA_DERIVE, false),
            CkaUtils.CreateAttribute(CKA.CKA_LABEL, label),
            CkaUtils.CreateAttribute(CKA.CKA_ID, System.Text.Encoding.UTF8.GetBytes(label)),
        ];
        try
        {
            CK_MECHANISM mechanism = new() { Mechanism = (ulong)CKM.CKM_AES_KEY_GEN };
            ulong handle = 0;
            Check(functions.C_GenerateKey(session, ref mechanism, template, (ulong)template.Length, ref handle), "C_GenerateKey");
            if (IsSealed(functions, session, handle))
            {
                return handle;
            }

            // Some tokens take a template and do otherwise.
            functions.C_DestroyObject(session, handle);
            throw new CryptographicException("the token made a key that could leave it; it was destroyed");
        }
        finally
        {
            TokenConnection.Free(template);
        }
    }

    private static bool IsSealed(Pkcs11Library functions, ulong session, ulong handle)
    {
        byte[] Read(CKA attribute) => TokenConnection.ReadAttribute(functions, session, handle, attribute);
        return Read(CKA.CKA_KEY_TYPE) is { Length: sizeof(ulong) } type && BitConverter.ToUInt64(type) == (ulong)CKK.CKK_AES
            && Read(CKA.CKA_VALUE_LEN) is { Length: sizeof(ulong) } length && BitConverter.ToUInt64(length) == KeyLength
            && Read(CKA.CKA_SENSITIVE) is [1] && Read(CKA.CKA_EXTRACTABLE) is [0];
    }

    private static void RequireMechanism(TokenConnection connection, CKM mechanism, ulong flag)
    {
        if (!connection.Has(mechanism, flag))
        {
            throw new CryptographicException($"the token has no {mechanism} for this use: wrap the master key by another HSM");
        }
    }

    // Tokens differ in what they answer where a tag does not verify, so all but a lost connection counts as a refusal.
    private static void Check(CKR result, string function)
    {
        switch (result)
        {
            case CKR.CKR_OK:
                return;
            case CKR.CKR_DEVICE_ERROR or CKR.CKR_DEVICE_MEMORY or CKR.CKR_DEVICE_REMOVED or CKR.CKR_HOST_MEMORY
                or CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_SESSION_CLOSED or CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_USER_NOT_LOGGED_IN
                or CKR.CKR_CRYPTOKI_NOT_INITIALIZED or CKR.CKR_FUNCTION_CANCELED or CKR.CKR_KEY_HANDLE_INVALID:
                throw new TokenFaultException($"{function} answered {result}");
            default:
                throw new CryptographicException($"{function} answered {result}");
        }
    }

    /// <summary>The parameters of CKM_AES_GCM (PKCS#11 v2.40, CK_GCM_PARAMS) in memory that does not move.</summary>
    private sealed class GcmParameters : IDisposable
    {
        private readonly int _nonceLength;
        private IntPtr _nonce;
        private IntPtr _associatedData;
        private IntPtr _parameters;

        public GcmParameters(byte[] nonce, byte[] associatedData)
        {
            _nonceLength = nonce.Length;
            (_nonce, _associatedData) = (Copy(nonce), Copy(associatedData));
            CK_GCM_PARAMS parameters = new()
            {
                Iv = _nonce,
                IvLen = (ulong)nonce.Length,
                IvBits = (ulong)nonce.Length * 8,
                AAD = _associatedData,
                AADLen = (ulong)associatedData.Length,
                TagBits = TagLength * 8,
            };
            var size = UnmanagedMemory.SizeOf(typeof(CK_GCM_PARAMS));
            _parameters = UnmanagedMemory.Allocate(size);
            UnmanagedMemory.Write(_parameters, parameters);
            Mechanism = new CK_MECHANISM { Mechanism = (ulong)CKM.CKM_AES_GCM, Parameter = _parameters, ParameterLen = (ulong)size };
        }

        public CK_MECHANISM Mechanism { get; }

        public byte[] ReadNonce() => UnmanagedMemory.Read(_nonce, _nonceLength);

        public void Dispose()
        {
            UnmanagedMemory.Free(ref _parameters);
            UnmanagedMemory.Free(ref _associatedData);
            UnmanagedMemory.Free(ref _nonce);
        }

        private static IntPtr Copy(byte[] bytes)
        {
            var memory = UnmanagedMemory.Allocate(bytes.Length);
            UnmanagedMemory.Write(memory, bytes);
            return memory;
        }
    }
}
