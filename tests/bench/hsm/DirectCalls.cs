using System.Diagnostics;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Hsm;
using CodeSigning.Testing;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace CodeSigning.Hsm.Bench;

/// <summary>Threads that call the module with a session each and nothing around it. The vault has initialised it and logged in.</summary>
internal sealed class DirectCalls : IDisposable
{
    private readonly Pkcs11Library _module = new(SoftHsm.Module);
    private readonly ulong[] _sessions;
    private readonly ulong _key;
    private readonly CK_MECHANISM _mechanism;
    private readonly byte[] _input;
    private readonly int _length;

    public DirectCalls(string keyId, SigningAlgorithm scheme, KeyAlgorithm algorithm, int threads)
    {
        var slot = FindSlot();
        _sessions = [.. Enumerable.Range(0, threads).Select(_ => Open(slot))];
        _key = Find(keyId);
        _mechanism = TokenMechanisms.Parameters(scheme);
        _input = TokenMechanisms.Input(algorithm, scheme, new byte[scheme.DigestLength()]);
        _length = TokenMechanisms.SignatureLength(algorithm);
    }

    /// <summary>Signatures a second.</summary>
    public double Measure(TimeSpan duration)
    {
        var started = Stopwatch.StartNew();
        var total = 0;
        Thread[] threads = [.. _sessions.Select(session => new Thread(() =>
        {
            var count = 0;
            for (; started.Elapsed < duration; count++)
            {
                var mechanism = _mechanism;
                var signature = new byte[_length];
                var length = (ulong)_length;
                Check(_module.C_SignInit(session, ref mechanism, _key));
                Check(_module.C_Sign(session, _input, (ulong)_input.Length, signature, ref length));
            }

            Interlocked.Add(ref total, count);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return total / started.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        foreach (var session in _sessions)
        {
            _module.C_CloseSession(session);
        }

        _module.Dispose();
    }

    private ulong FindSlot()
    {
        ulong count = 0;
        Check(_module.C_GetSlotList(true, null, ref count));
        var slots = new ulong[count];
        Check(_module.C_GetSlotList(true, slots, ref count));
        return slots.First(slot =>
        {
            CK_TOKEN_INFO info = default;
            Check(_module.C_GetTokenInfo(slot, ref info));
            return System.Text.Encoding.UTF8.GetString(info.Label).TrimEnd() == SoftHsm.Label;
        });
    }

    private ulong Open(ulong slot)
    {
        ulong session = 0;
        Check(_module.C_OpenSession(slot, CKF.CKF_SERIAL_SESSION, IntPtr.Zero, IntPtr.Zero, ref session));
        return session;
    }

    private ulong Find(string label)
    {
        CK_ATTRIBUTE[] template =
        [
            CkaUtils.CreateAttribute(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), CkaUtils.CreateAttribute(CKA.CKA_LABEL, label),
        ];
        var found = new ulong[1];
        ulong count = 0;
        Check(_module.C_FindObjectsInit(_sessions[0], template, (ulong)template.Length));
        Check(_module.C_FindObjects(_sessions[0], found, 1, ref count));
        Check(_module.C_FindObjectsFinal(_sessions[0]));
        return count == 1 ? found[0] : throw new InvalidOperationException($"There is no key {label}.");
    }

    private static void Check(CKR result)
    {
        if (result != CKR.CKR_OK)
        {
            throw new InvalidOperationException($"The module answered {result}.");
        }
    }
}
