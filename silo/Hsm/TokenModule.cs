using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// A PKCS#11 module, which is initialised once in a process however many of its tokens are used. After a token vanished,
/// only finalising and loading it again recovers, which waits until no call is under way. Safe for use by several threads.
/// </summary>
internal sealed class TokenModule : IDisposable
{
    private static readonly ConcurrentDictionary<string, TokenModule> Modules = new(StringComparer.Ordinal);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SparingInterval = TimeSpan.FromSeconds(30);

    private readonly string _path;
    private readonly object _gate = new();
    private Pkcs11Library? _library;
    private int _calls;
    private bool _isReloading;
    private int _users;
    private int _connected;
    private long _loadedAt;

    // Pkcs11Interop asks for libdl, whose functions are in libc since glibc 2.34; only development packages have the link.
    static TokenModule() => NativeLibrary.SetDllImportResolver(typeof(Pkcs11Library).Assembly, ResolveLibrary);

    private TokenModule(string path) => _path = path;

    /// <summary>Counts the times that the module was loaded; connections of an earlier one are lost.</summary>
    public int Generation { get; private set; }

    /// <summary>Whether it may be loaded again now: seldom while other tokens of it are connected, who would lose their sessions.</summary>
    public bool MayReload
    {
        get
        {
            lock (_gate)
            {
                return _connected == 0 || Stopwatch.GetElapsedTime(_loadedAt) > SparingInterval;
            }
        }
    }

    /// <summary>Counts connected tokens.</summary>
    /// <param name="change">1 for one more, -1 for one less.</param>
    public void CountConnected(int change)
    {
        lock (_gate)
        {
            _connected += change;
        }
    }

    /// <summary>The module of a path. The caller disposes it; the last one finalises it.</summary>
    public static TokenModule Of(string path)
    {
        var module = Modules.GetOrAdd(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path, real => new TokenModule(real));
        lock (module._gate)
        {
            module._users++;
        }

        return module;
    }

    /// <summary>Begins a call of a generation of the module.</summary>
    /// <exception cref="TokenFaultException">The module is loaded again, or was since.</exception>
    public Call Enter(int generation)
    {
        lock (_gate)
        {
            if (_isReloading || generation != Generation || _library is null)
            {
                throw new TokenFaultException("the module was loaded again");
            }

            _calls++;
            return new Call(this, _library);
        }
    }

    /// <summary>Loads the module if it is not, and loads it again if its generation is <paramref name="lost"/>.</summary>
    /// <returns>The generation that is loaded now, and whether it was loaded for this call.</returns>
    /// <exception cref="TokenFaultException">It cannot be loaded, or calls under way do not end.</exception>
    public (int Generation, bool IsNew) Load(int? lost)
    {
        lock (_gate)
        {
            while (_isReloading)
            {
                Monitor.Wait(_gate);
            }

            if (_library is not null && lost != Generation)
            {
                return (Generation, false);
            }

            _isReloading = true;
        }

        try
        {
            WaitForCalls();
            Unload();
            var library = Open();
            lock (_gate)
            {
                _library = library;
                _loadedAt = Stopwatch.GetTimestamp();
                return (++Generation, true);
            }
        }
        finally
        {
            lock (_gate)
            {
                _isReloading = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Finalises the module if nobody else uses it; one that hangs is left as it is.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (--_users > 0 || _calls > 0 || _isReloading)
            {
                return;
            }

            Unload();
        }
    }

    private void WaitForCalls()
    {
        var deadline = Environment.TickCount64 + (long)DrainTimeout.TotalMilliseconds;
        lock (_gate)
        {
            while (_calls > 0)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, (int)left))
                {
                    throw new TokenFaultException($"{_calls} calls to the module {_path} do not end, so it cannot be loaded again");
                }
            }
        }
    }

    private void Unload()
    {
        if (_library is { } library)
        {
            _library = null;
            library.C_Finalize(IntPtr.Zero);
            library.Dispose();
        }
    }

    private Pkcs11Library Open()
    {
        try
        {
            var library = new Pkcs11Library(_path);
            var result = library.C_Initialize(new CK_C_INITIALIZE_ARGS { Flags = CKF.CKF_OS_LOCKING_OK });
            if (result is CKR.CKR_OK or CKR.CKR_CRYPTOKI_ALREADY_INITIALIZED)
            {
                return library;
            }

            library.Dispose();
            throw new TokenFaultException($"C_Initialize of {_path} answered {result}");
        }
        catch (Exception fault) when (fault is LibraryArchitectureException or UnmanagedException or Pkcs11Exception)
        {
            throw new TokenFaultException($"the module {_path} cannot be loaded: {fault.Message}");
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_calls == 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private static IntPtr ResolveLibrary(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "libdl" && NativeLibrary.TryLoad("libc.so.6", out var handle) ? handle : IntPtr.Zero;

    /// <summary>A call under way, during which the module stays loaded.</summary>
    internal readonly struct Call(TokenModule module, Pkcs11Library library) : IDisposable
    {
        /// <summary>The module's functions.</summary>
        public Pkcs11Library Functions { get; } = library;

        /// <summary>Ends the call.</summary>
        public void Dispose() => module.Leave();
    }
}
