using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// One login to a token. A session is used, and closed, by one thread at a time, since modules end the process otherwise; handles
/// of keys hold across sessions. After any fault that may mean a lost token the whole connection is given up.
/// </summary>
internal sealed class TokenConnection
{
    // How long a connection of a module loaded for it is believed when it does not show a key.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(4);

    private readonly HsmSettings _settings;
    private readonly TokenModule _module;
    private readonly ulong _slot;
    private readonly long _madeAt = Stopwatch.GetTimestamp();
    private readonly bool _isLoadedForIt;
    private readonly Lock _gate = new();
    private readonly Stack<ulong> _idle = [];
    private readonly ConcurrentDictionary<string, FoundKey> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<CKM, CK_MECHANISM_INFO?> _infos = new();
    private readonly Lazy<ImmutableHashSet<CKM>> _mechanisms;
    private readonly bool _isPinLocked;
    private ulong? _login;
    private bool _isClosed;

    private TokenConnection(HsmSettings settings, TokenModule module, int generation, ulong slot, CK_TOKEN_INFO info, bool isLoadedForIt)
    {
        (_settings, _module, Generation, _slot, _isLoadedForIt) = (settings, module, generation, slot, isLoadedForIt);
        SerialNumber = TextOf(info.SerialNumber);
        _isPinLocked = (info.Flags & CKF.CKF_USER_PIN_LOCKED) != 0;
        IsPinAtLastTry = (info.Flags & CKF.CKF_USER_PIN_FINAL_TRY) != 0;
        _mechanisms = new Lazy<ImmutableHashSet<CKM>>(ReadMechanisms);
    }

    /// <summary>The generation of the module that it was made with.</summary>
    public int Generation { get; }

    /// <summary>The token's serial number.</summary>
    public string SerialNumber { get; }

    /// <summary>Whether the token says that one more wrong PIN locks it; tokens that do not tell never say so.</summary>
    public bool IsPinAtLastTry { get; }

    /// <summary>Whether a key was used over it.</summary>
    public bool HasWorked { get; private set; }

    /// <summary>Throws if no PIN may be tried.</summary>
    /// <exception cref="PinRefusedException">The token says that its user PIN is locked.</exception>
    public void RequireUnlockedPin()
    {
        if (_isPinLocked)
        {
            throw new PinRefusedException("the token says that its user PIN is locked: unlock it with the token's own tools");
        }
    }

    /// <summary>Finds the token, without a login.</summary>
    /// <param name="settings">The token.</param>
    /// <param name="module">Its module.</param>
    /// <param name="lost">The generation of the module to load again; null to use what is loaded.</param>
    /// <exception cref="TokenFaultException">The token is away.</exception>
    public static TokenConnection Open(HsmSettings settings, TokenModule module, int? lost)
    {
        var (generation, isNew) = module.Load(lost);
        using var call = module.Enter(generation);
        var found = new List<(ulong Slot, CK_TOKEN_INFO Info)>();
        foreach (var slot in ReadSlots(call.Functions))
        {
            CK_TOKEN_INFO info = default;
            if (call.Functions.C_GetTokenInfo(slot, ref info) == CKR.CKR_OK && TextOf(info.Label) == settings.TokenLabel)
            {
                found.Add((slot, info));
            }
        }

        return found switch
        {
            [var (slot, info)] => new TokenConnection(settings, module, generation, slot, info, isNew),
            [] => throw new TokenFaultException($"no token with the label '{settings.TokenLabel}' is present"),
            _ => throw new TokenFaultException($"{found.Count} tokens have the label '{settings.TokenLabel}'"),
        };
    }

    /// <summary>Logs in, once for all sessions.</summary>
    /// <returns>Whether the token took the PIN.</returns>
    /// <exception cref="TokenFaultException">The token is away.</exception>
    public bool Login(byte[] pin)
    {
        using var call = _module.Enter(Generation);
        var session = OpenSession(call.Functions);
        var result = call.Functions.C_Login(session, CKU.CKU_USER, pin, (ulong)pin.Length);
        switch (result)
        {
            case CKR.CKR_OK or CKR.CKR_USER_ALREADY_LOGGED_IN:
                // It stays open and is never used: a token logs out when the last session is closed.
                lock (_gate)
                {
                    _login = session;
                }

                return true;
            case CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE or CKR.CKR_PIN_EXPIRED or CKR.CKR_PIN_LOCKED:
                call.Functions.C_CloseSession(session);
                return false;
            default:
                throw new TokenFaultException($"C_Login answered {result}");
        }
    }

    /// <summary>Signs a digest.</summary>
    /// <exception cref="TokenFaultException">The connection is lost.</exception>
    /// <exception cref="TokenKeyMissingException">The token is there but does not show the key.</exception>
    /// <exception cref="RefusedException"><c>UnsupportedAlgorithm</c>: the token lacks the mechanism.</exception>
    /// <exception cref="CryptographicException">The token refused the signature, or it is invalid.</exception>
    public byte[] Sign(TokenKey key, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        RequireMechanism(TokenMechanisms.ForSigning(algorithm), key.Algorithm, CKF.CKF_SIGN);
        var found = Find(key.Id);
        var raw = SignRaw(found.Handle, key.Algorithm, algorithm, digest);
        var signature = key.Algorithm.IsRsa() ? raw : EcdsaSignature.ToDer(raw, key.Algorithm);
        if (!found.IsProven)
        {
            // A handle that means another key, after the token was exchanged, would make a signature of that key.
            using var verification = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey);
            found.IsProven = verification.Verify(algorithm, digest, signature)
                ? true
                : throw new CryptographicException($"The HSM '{_settings.Name}' signed with another key than the one asked for.");
        }

        HasWorked = true;
        return signature;
    }

    /// <summary>Generates a key pair and proves that it signs.</summary>
    /// <exception cref="TokenFaultException">The connection is lost.</exception>
    /// <exception cref="RefusedException"><c>UnsupportedAlgorithm</c>: the token lacks a mechanism.</exception>
    /// <exception cref="CryptographicException">The token made no key that can be used.</exception>
    public TokenKey Generate(string keyId, KeyAlgorithm algorithm)
    {
        var scheme = algorithm.CertificateScheme();
        var mechanism = TokenMechanisms.ForGeneration(algorithm);
        RequireMechanism(mechanism, algorithm, CKF.CKF_GENERATE_KEY_PAIR);
        RequireMechanism(TokenMechanisms.ForSigning(scheme), algorithm, CKF.CKF_SIGN);
        var id = System.Text.Encoding.UTF8.GetBytes(keyId);
        var publicKey = Write((functions, session) => GeneratePair(functions, session, mechanism, keyId, id, algorithm));
        TokenKey key = new(_settings.Name, id, algorithm, publicKey);
        Sign(key, scheme, RandomNumberGenerator.GetBytes(scheme.DigestLength()));
        return key;
    }

    /// <summary>Finds a key that is in the token and proves that it belongs to the public key.</summary>
    /// <exception cref="TokenFaultException">The connection is lost.</exception>
    /// <exception cref="TokenKeyMissingException">The token is there but does not show the key.</exception>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: several keys have the name, or it is another key.</exception>
    public TokenKey Adopt(TokenKeyName name, KeyAlgorithm algorithm, byte[] publicKey)
    {
        var handles = Search(CKO.CKO_PRIVATE_KEY, name);
        if (handles.Length != 1)
        {
            throw handles.Length == 0
                ? Missing(name.Label ?? Convert.ToHexStringLower(name.Id!.Value.Span))
                : Refuse("has several private keys of that name: give the id (CKA_ID) of one, which no other has");
        }

        var id = UseSession((functions, session) => ReadAttribute(functions, session, handles[0], CKA.CKA_ID));
        if (id.Length == 0 || Search(CKO.CKO_PRIVATE_KEY, new TokenKeyName(null, id)).Length != 1)
        {
            throw Refuse("has no CKA_ID of its own on that key: give it one with the token's tools, by which it is found at each start");
        }

        TokenKey key = new(_settings.Name, id, algorithm, publicKey);
        var scheme = algorithm.CertificateScheme();
        try
        {
            Sign(key, scheme, RandomNumberGenerator.GetBytes(scheme.DigestLength()));
            return key;
        }
        catch (CryptographicException)
        {
            throw Refuse("has another key of that name: its signature does not verify with the certificate's public key");
        }
    }

    /// <summary>Destroys a key pair; an empty search in a token that is there counts as done.</summary>
    /// <exception cref="TokenFaultException">The connection is lost.</exception>
    public void Destroy(TokenKey key)
    {
        TokenKeyName name = new(null, key.Id);
        ulong[] handles = [.. Search(CKO.CKO_PRIVATE_KEY, name), .. Search(CKO.CKO_PUBLIC_KEY, name)];
        if (handles.Length == 0)
        {
            RequireTrueAbsence("the key");
        }

        _keys.TryRemove(Convert.ToHexString(key.Id), out _);
        Write((functions, session) =>
        {
            foreach (var handle in handles)
            {
                functions.C_DestroyObject(session, handle).ThrowIfFailed("C_DestroyObject");
            }

            return handles.Length;
        });
    }

    /// <summary>Asks whether the token is still there.</summary>
    /// <exception cref="TokenFaultException">It is not.</exception>
    public void Probe()
    {
        using var call = _module.Enter(Generation);
        CK_TOKEN_INFO info = default;
        call.Functions.C_GetTokenInfo(_slot, ref info).ThrowIfFailed("C_GetTokenInfo");
    }

    /// <summary>
    /// Closes its sessions; those in use are closed by who uses them, at the end of the call. The last of them logs out.
    /// </summary>
    public void Close()
    {
        ulong[] unused;
        lock (_gate)
        {
            _isClosed = true;
            unused = _login is { } login ? [.. _idle, login] : [.. _idle];
            _idle.Clear();
            _login = null;
        }

        try
        {
            using var call = _module.Enter(Generation);
            foreach (var session in unused)
            {
                call.Functions.C_CloseSession(session);
            }
        }
        catch (TokenFaultException)
        {
            // The module was loaded again, which closed them.
        }
    }

    private FoundKey Find(byte[] id)
    {
        var name = Convert.ToHexString(id);
        if (_keys.TryGetValue(name, out var known))
        {
            return known;
        }

        return Search(CKO.CKO_PRIVATE_KEY, new TokenKeyName(null, id)) switch
        {
            [var handle] => _keys.GetOrAdd(name, new FoundKey(handle)),
            [] => throw Missing(name.ToLowerInvariant()),
            _ => throw new CryptographicException($"The HSM '{_settings.Name}' has several private keys with the id {name.ToLowerInvariant()}."),
        };
    }

    /// <summary>The exception for a key that the token does not show.</summary>
    /// <exception cref="TokenFaultException">It may be the token that is away.</exception>
    public TokenKeyMissingException Missing(string name)
    {
        // A token that vanished shows no keys and says nothing of it; a module that has missed its return neither.
        RequireTrueAbsence($"the key {name}");
        return new TokenKeyMissingException(name);
    }

    private void RequireTrueAbsence(string what)
    {
        Probe();
        if (!_isLoadedForIt || Stopwatch.GetElapsedTime(_madeAt) > Fresh)
        {
            throw new TokenFaultException($"the token does not show {what}");
        }
    }

    private byte[] SignRaw(ulong handle, KeyAlgorithm key, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        var input = TokenMechanisms.Input(key, algorithm, digest);
        var signature = new byte[TokenMechanisms.SignatureLength(key)];
        var length = UseSession((functions, session) =>
        {
            var mechanism = TokenMechanisms.Parameters(algorithm);
            Check(functions.C_SignInit(session, ref mechanism, handle), "C_SignInit");

            // One call, since the length is known: asking for it first is a round trip on a network HSM.
            var room = (ulong)signature.Length;
            Check(functions.C_Sign(session, input, (ulong)input.Length, signature, ref room), "C_Sign");
            return room;
        });
        return length == (ulong)signature.Length
            ? signature
            : throw new CryptographicException($"The HSM '{_settings.Name}' made a signature of {length} bytes: expected {signature.Length}.");
    }

    private void Check(CKR result, string function)
    {
        switch (result)
        {
            case CKR.CKR_OK:
                return;
            case CKR.CKR_MECHANISM_INVALID or CKR.CKR_MECHANISM_PARAM_INVALID or CKR.CKR_KEY_TYPE_INCONSISTENT
                or CKR.CKR_KEY_FUNCTION_NOT_PERMITTED or CKR.CKR_KEY_SIZE_RANGE or CKR.CKR_DATA_INVALID or CKR.CKR_DATA_LEN_RANGE
                or CKR.CKR_ARGUMENTS_BAD or CKR.CKR_ATTRIBUTE_VALUE_INVALID or CKR.CKR_TEMPLATE_INCONSISTENT
                or CKR.CKR_TEMPLATE_INCOMPLETE or CKR.CKR_CURVE_NOT_SUPPORTED or CKR.CKR_BUFFER_TOO_SMALL:
                throw new CryptographicException($"The HSM '{_settings.Name}' refused: {function} answered {result}.");
            default:
                throw new TokenFaultException($"{function} answered {result}");
        }
    }

    private byte[] GeneratePair(
        Pkcs11Library functions, ulong session, CKM mechanism, string label, byte[] id, KeyAlgorithm algorithm)
    {
        CK_ATTRIBUTE[] ofPublic =
        [
            CkaUtils.CreateAttribute(CKA.CKA_TOKEN, true),
            CkaUtils.CreateAttribute(CKA.CKA_LABEL, label),
            CkaUtils.CreateAttribute(CKA.CKA_ID, id),
            CkaUtils.CreateAttribute(CKA.CKA_VERIFY, true),
            .. TokenPublicKey.Parameters(algorithm),
        ];
        CK_ATTRIBUTE[] ofPrivate =
        [
            CkaUtils.CreateAttribute(CKA.CKA_TOKEN, true),
            CkaUtils.CreateAttribute(CKA.CKA_PRIVATE, true),
            CkaUtils.CreateAttribute(CKA.CKA_SENSITIVE, true),
            CkaUtils.CreateAttribute(CKA.CKA_EXTRACTABLE, false),
            CkaUtils.CreateAttribute(CKA.CKA_SIGN, true),
            CkaUtils.CreateAttribute(CKA.CKA_DECRYPT, false),
            CkaUtils.CreateAttribute(CKA.CKA_UNWRAP, false),
            CkaUtils.CreateAttribute(CKA.CKA_DERIVE, false),
            CkaUtils.CreateAttribute(CKA.CKA_LABEL, label),
            CkaUtils.CreateAttribute(CKA.CKA_ID, id),
        ];
        try
        {
            var parameters = new CK_MECHANISM { Mechanism = (ulong)mechanism };
            ulong publicKey = 0;
            ulong privateKey = 0;
            Check(
                functions.C_GenerateKeyPair(
                    session, ref parameters, ofPublic, (ulong)ofPublic.Length, ofPrivate, (ulong)ofPrivate.Length,
                    ref publicKey, ref privateKey),
                "C_GenerateKeyPair");
            RequireSealed(functions, session, publicKey, privateKey);
            return TokenPublicKey.Encode(algorithm, attribute => ReadAttribute(functions, session, publicKey, attribute));
        }
        finally
        {
            Free(ofPublic);
            Free(ofPrivate);
        }
    }

    // Some tokens take a template and do otherwise.
    private void RequireSealed(Pkcs11Library functions, ulong session, ulong publicKey, ulong privateKey)
    {
        if (ReadAttribute(functions, session, privateKey, CKA.CKA_SENSITIVE) is [1]
            && ReadAttribute(functions, session, privateKey, CKA.CKA_EXTRACTABLE) is [0])
        {
            return;
        }

        functions.C_DestroyObject(session, privateKey);
        functions.C_DestroyObject(session, publicKey);
        throw new CryptographicException($"The HSM '{_settings.Name}' made a key that could leave it; it was destroyed.");
    }

    private void RequireMechanism(CKM mechanism, KeyAlgorithm algorithm, ulong flag)
    {
        if (Has(mechanism, flag) && IsInRange(FindInfo(mechanism)!.Value, (ulong)TokenMechanisms.SizeOf(algorithm)))
        {
            return;
        }

        throw new RefusedException(
            ErrorCode.UnsupportedAlgorithm,
            $"The token '{_settings.TokenLabel}' of the HSM '{_settings.Name}' has no {mechanism} for {algorithm.ToWireName()}: use another algorithm or HSM.");
    }

    private CK_MECHANISM_INFO? FindInfo(CKM mechanism) => _infos.GetOrAdd(mechanism, asked =>
    {
        using var call = _module.Enter(Generation);
        CK_MECHANISM_INFO info = default;
        return call.Functions.C_GetMechanismInfo(_slot, asked, ref info) == CKR.CKR_OK ? info : null;
    });

    // Tokens that say nothing say zero.
    private static bool IsInRange(CK_MECHANISM_INFO info, ulong bits) =>
        info.MaxKeySize == 0 || (bits >= info.MinKeySize && bits <= info.MaxKeySize);

    private ImmutableHashSet<CKM> ReadMechanisms()
    {
        using var call = _module.Enter(Generation);
        ulong count = 0;
        call.Functions.C_GetMechanismList(_slot, null, ref count).ThrowIfFailed("C_GetMechanismList");
        var list = new CKM[count];
        call.Functions.C_GetMechanismList(_slot, list, ref count).ThrowIfFailed("C_GetMechanismList");
        return [.. list];
    }

    /// <summary>Whether the token has a mechanism for a use.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <param name="flag">The use, of <c>CKF_…</c>.</param>
    public bool Has(CKM mechanism, ulong flag) =>
        _mechanisms.Value.Contains(mechanism) && FindInfo(mechanism) is { } info && (info.Flags & flag) != 0;

    /// <summary>The handles of the objects of a kind and a name, two at most.</summary>
    public ulong[] Search(CKO kind, TokenKeyName name) => UseSession((functions, session) =>
    {
        CK_ATTRIBUTE[] template =
        [
            CkaUtils.CreateAttribute(CKA.CKA_CLASS, kind),
            CkaUtils.CreateAttribute(CKA.CKA_TOKEN, true),
            name.Id is { } id ? CkaUtils.CreateAttribute(CKA.CKA_ID, id.ToArray()) : CkaUtils.CreateAttribute(CKA.CKA_LABEL, name.Label!),
        ];
        try
        {
            functions.C_FindObjectsInit(session, template, (ulong)template.Length).ThrowIfFailed("C_FindObjectsInit");
            var found = new ulong[2];
            ulong count = 0;
            functions.C_FindObjects(session, found, (ulong)found.Length, ref count).ThrowIfFailed("C_FindObjects");
            functions.C_FindObjectsFinal(session).ThrowIfFailed("C_FindObjectsFinal");
            return found[..(int)count];
        }
        finally
        {
            Free(template);
        }
    });

    /// <summary>Calls functions in a session that no other thread uses.</summary>
    /// <exception cref="TokenFaultException">The connection was closed, or is lost.</exception>
    public T UseSession<T>(Func<Pkcs11Library, ulong, T> use)
    {
        using var call = _module.Enter(Generation);
        var session = TakeIdle() ?? OpenSession(call.Functions);
        var isWhole = false;
        try
        {
            var result = use(call.Functions, session);
            isWhole = true;
            return result;
        }
        finally
        {
            // After a fault it may be within an operation, so it is not used again.
            if (!isWhole || !TryReturn(session))
            {
                call.Functions.C_CloseSession(session);
            }
        }
    }

    private ulong? TakeIdle()
    {
        lock (_gate)
        {
            return _isClosed ? throw new TokenFaultException("its connection was given up") : _idle.TryPop(out var session) ? session : null;
        }
    }

    private bool TryReturn(ulong session)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _idle.Push(session);
            }

            return !_isClosed;
        }
    }

    /// <summary>Calls functions in a session that may change the token's objects.</summary>
    public T Write<T>(Func<Pkcs11Library, ulong, T> write)
    {
        // Such sessions are few on many tokens, so one is opened for each change.
        using var call = _module.Enter(Generation);
        ulong session = 0;
        call.Functions.C_OpenSession(_slot, CKF.CKF_SERIAL_SESSION | CKF.CKF_RW_SESSION, IntPtr.Zero, IntPtr.Zero, ref session)
            .ThrowIfFailed("C_OpenSession");
        try
        {
            return write(call.Functions, session);
        }
        finally
        {
            call.Functions.C_CloseSession(session);
        }
    }

    private ulong OpenSession(Pkcs11Library functions)
    {
        ulong session = 0;
        functions.C_OpenSession(_slot, CKF.CKF_SERIAL_SESSION, IntPtr.Zero, IntPtr.Zero, ref session).ThrowIfFailed("C_OpenSession");
        return session;
    }

    /// <summary>An attribute of an object.</summary>
    public static byte[] ReadAttribute(Pkcs11Library functions, ulong session, ulong handle, CKA attribute)
    {
        CK_ATTRIBUTE[] read = [CkaUtils.CreateAttribute(attribute)];
        functions.C_GetAttributeValue(session, handle, read, 1).ThrowIfFailed("C_GetAttributeValue");
        read[0].value = UnmanagedMemory.Allocate((int)read[0].valueLen);
        try
        {
            functions.C_GetAttributeValue(session, handle, read, 1).ThrowIfFailed("C_GetAttributeValue");
            return UnmanagedMemory.Read(read[0].value, (int)read[0].valueLen);
        }
        finally
        {
            UnmanagedMemory.Free(ref read[0].value);
        }
    }

    private static ulong[] ReadSlots(Pkcs11Library functions)
    {
        ulong count = 0;
        functions.C_GetSlotList(true, null, ref count).ThrowIfFailed("C_GetSlotList");
        var slots = new ulong[count];
        functions.C_GetSlotList(true, slots, ref count).ThrowIfFailed("C_GetSlotList");
        return slots[..(int)count];
    }

    private RefusedException Refuse(string what) =>
        new(ErrorCode.InvalidRequest, $"The HSM '{_settings.Name}' {what}.");

    private static string TextOf(byte[] padded) => System.Text.Encoding.UTF8.GetString(padded).TrimEnd(' ', '\0');

    /// <summary>Frees the values of attributes.</summary>
    public static void Free(CK_ATTRIBUTE[] attributes)
    {
        for (var at = 0; at < attributes.Length; at++)
        {
            UnmanagedMemory.Free(ref attributes[at].value);
        }
    }

    private sealed class FoundKey(ulong handle)
    {
        public ulong Handle { get; } = handle;

        public bool IsProven { get; set; }
    }
}

/// <summary>The token is there but does not show a key, which may be hidden, on another token of the same label, or destroyed outside.</summary>
internal sealed class TokenKeyMissingException(string key) : Exception($"the token does not show the key {key}");
