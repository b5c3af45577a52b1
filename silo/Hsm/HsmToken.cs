using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// A token of an HSM: its threads, its connection, and what is known of its absence. Safe for use by several threads.
/// </summary>
internal sealed class HsmToken : IKeyToken, IAsyncDisposable
{
    // The first fault reconnects, the second loads the module again, the third is told.
    private const int Rounds = 3;
    private const int QueueLength = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GenerationPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PinRetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly HsmSettings _settings;
    private readonly Lazy<TokenModule> _module;
    private readonly IPinRecord _pins;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SigningThreads _threads;
    private readonly CallDeadlines _deadlines;
    private readonly SigningThreads _connecting = new(threads: 1, queueLength: 4);
    private readonly Lock _gate = new();
    private volatile TokenConnection? _connection;
    private TokenConnection? _lost;
    private bool _isModuleLost;
    private bool _isDisposed;
    private Task<TokenConnection>? _attempt;
    private long _attemptedAt;
    private Absence? _absence;
    private int _running;
    private long _lastEnd;

    public HsmToken(HsmSettings settings, IPinRecord pins, TimeProvider time, ILogger log)
    {
        (_settings, _pins, _time, _log) = (settings, pins, time, log);
        _module = new Lazy<TokenModule>(() => TokenModule.Of(settings.Module));
        _threads = new SigningThreads(settings.Sessions, QueueLength);
        _deadlines = new CallDeadlines(time);
    }

    /// <inheritdoc/>
    public string Name => _settings.Name;

    /// <summary>Whether it is connected.</summary>
    public bool IsConnected => _connection is not null;

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(string callerId, Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(callerId, work, Patience, cancellationToken);

    /// <inheritdoc/>
    public byte[] SignDigest(TokenKey key, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        var connection = RequireConnection();
        try
        {
            return connection.Sign(key, algorithm, digest);
        }
        catch (TokenFaultException)
        {
            Lose(connection);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<TokenKey> GenerateAsync(string keyId, KeyAlgorithm algorithm, CancellationToken cancellationToken) =>
        ChangeAsync(connection => connection.Generate(keyId, algorithm), GenerationPatience, cancellationToken);

    /// <inheritdoc/>
    public async Task<TokenKey> AdoptAsync(
        TokenKeyName name, KeyAlgorithm algorithm, ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken)
    {
        var adopt = (TokenConnection connection) => connection.Adopt(name, algorithm, publicKey.ToArray());
        try
        {
            return await ChangeAsync(adopt, Patience, cancellationToken);
        }
        catch (TokenKeyMissingException)
        {
            // Modules may show what other programs made only after they were loaded again.
            LoseModule();
        }

        try
        {
            return await ChangeAsync(adopt, Patience, cancellationToken);
        }
        catch (TokenKeyMissingException missing)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, $"In the HSM '{Name}', {missing.Message}: give the label or id of a private key that is in the token.");
        }
    }

    /// <inheritdoc/>
    public Task DestroyAsync(TokenKey key, CancellationToken cancellationToken) => ChangeAsync(
        connection =>
        {
            connection.Destroy(key);
            return true;
        },
        Patience,
        cancellationToken);

    /// <summary>Connects if it is not connected, and finds out whether it still is.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: it is away.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken) => ChangeAsync(
        connection =>
        {
            connection.Probe();
            return true;
        },
        Patience,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        // Threads that hang in the module are left to the end of the process.
        var stopped = Task.WhenAll(
            _threads.StopAsync(new CancellationToken(canceled: true)), _connecting.StopAsync(new CancellationToken(canceled: true)));
        await stopped.WaitAsync(StopTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connection is { } connection)
        {
            Lose(connection);
        }

        if (stopped.IsCompletedSuccessfully && _module.IsValueCreated)
        {
            _lost?.Close();
            _module.Value.Dispose();
        }
    }

    private Task<T> ChangeAsync<T>(Func<TokenConnection, T> change, TimeSpan patience, CancellationToken cancellationToken) => RunAsync(
        "",
        () =>
        {
            var connection = RequireConnection();
            try
            {
                return change(connection);
            }
            catch (TokenFaultException)
            {
                Lose(connection);
                throw;
            }
        },
        patience,
        cancellationToken,
        isMissingTold: true);

    private async Task<T> RunAsync<T>(
        string callerId, Func<T> work, TimeSpan patience, CancellationToken cancellationToken, bool isMissingTold = false)
    {
        if (Volatile.Read(ref _running) >= _threads.Threads && _time.GetElapsedTime(Volatile.Read(ref _lastEnd)) > Patience)
        {
            throw Away("its module does not answer");
        }

        using var bounded = _deadlines.Begin(patience, cancellationToken);
        try
        {
            for (var round = 1; ; round++)
            {
                if (_connection is null)
                {
                    await GetConnectionAsync(bounded.Token);
                }

                try
                {
                    return await _threads.RunAbandonablyAsync(callerId, () => Count(work), bounded.Token);
                }
                catch (TokenFaultException fault)
                {
                    if (round == Rounds)
                    {
                        throw Away(fault.Message);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Away($"it did not answer within {patience.TotalSeconds:0} seconds");
        }
        catch (SigningThreadsUnavailableException)
        {
            throw Away("too many calls wait for it");
        }
        catch (TokenKeyMissingException missing) when (!isMissingTold)
        {
            throw Away(missing.Message);
        }
    }

    private T Count<T>(Func<T> work)
    {
        if (Interlocked.Increment(ref _running) == 1)
        {
            Volatile.Write(ref _lastEnd, _time.GetTimestamp());
        }

        try
        {
            return work();
        }
        finally
        {
            Volatile.Write(ref _lastEnd, _time.GetTimestamp());
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task<TokenConnection> GetConnectionAsync(CancellationToken cancellationToken)
    {
        Task<TokenConnection> attempt;
        lock (_gate)
        {
            if (_connection is { } connection)
            {
                return connection;
            }

            if (_attempt is null || _attempt.IsCompleted)
            {
                if (_absence is { } absence && _time.GetElapsedTime(_attemptedAt) < absence.RetryAfter)
                {
                    throw Away(absence.Reason);
                }

                _attemptedAt = _time.GetTimestamp();
                _attempt = Task.Run(OpenAsync, CancellationToken.None);
            }
            else if (_time.GetElapsedTime(_attemptedAt) > Patience)
            {
                throw Away("its module does not answer");
            }

            attempt = _attempt;
        }

        try
        {
            return await attempt.WaitAsync(Patience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw Away("its module does not answer");
        }
    }

    private async Task<TokenConnection> OpenAsync()
    {
        try
        {
            var opened = await _connecting.RunAsync(Open, CancellationToken.None);
            await LoginAsync(opened);
            lock (_gate)
            {
                if (_isDisposed)
                {
                    opened.Close();
                    throw new TokenFaultException("the server is stopping");
                }

                _connection = opened;
                _module.Value.CountConnected(1);
                if (_absence is not null)
                {
                    _log.LogInformation("The HSM {Hsm} is connected again", Name);
                }

                _absence = null;
            }

            return opened;
        }
        catch (Exception fault) when (fault is TokenFaultException or PinRefusedException or IOException
            or StoreUnavailableException or LedgerUnavailableException or SigningThreadsUnavailableException)
        {
            throw NoteAbsence(fault);
        }
    }

    private RefusedException NoteAbsence(Exception fault)
    {
        lock (_gate)
        {
            if (_absence?.Reason != fault.Message)
            {
                _log.LogError("The HSM {Hsm} is unavailable: {Reason}. Its keys cannot sign; others are not affected", Name, fault.Message);
            }

            _absence = fault is PinRefusedException or IOException
                ? new Absence(fault.Message, PinRetryAfter, IsLost: false)
                : new Absence(fault.Message, RetryAfter, IsLost: fault is TokenFaultException);
        }

        return Away(fault.Message);
    }

    // A connection over which a key was used once is made again; one that never worked means that the module has to be loaded again.
    private TokenConnection Open()
    {
        TokenConnection? lost;
        bool isModuleLost;
        lock (_gate)
        {
            (lost, _lost) = (_lost, null);
            isModuleLost = _isModuleLost || _absence is { IsLost: true } || lost is { HasWorked: false };
            _isModuleLost = false;
        }

        lost?.Close();
        var module = _module.Value;
        return TokenConnection.Open(
            _settings, module, isModuleLost && module.MayReload ? lost?.Generation ?? module.Generation : null);
    }

    private async Task LoginAsync(TokenConnection opened)
    {
        opened.RequireUnlockedPin();

        using var pin = _settings.Pin.ReadPin();
        await _pins.LoginAsync(
            $"{_settings.TokenLabel}\n{opened.SerialNumber}",
            pin.Array,
            () => _connecting.RunAsync(() => opened.Login(pin.Array), CancellationToken.None),
            CancellationToken.None);
    }

    private TokenConnection RequireConnection() => _connection ?? throw new TokenFaultException("it is not connected");

    private void LoseModule()
    {
        if (_connection is { } connection)
        {
            Lose(connection);
        }

        lock (_gate)
        {
            _isModuleLost = true;
        }
    }

    private void Lose(TokenConnection connection)
    {
        lock (_gate)
        {
            if (_connection == connection)
            {
                (_connection, _lost) = (null, connection);
                _module.Value.CountConnected(-1);
            }
        }
    }

    private RefusedException Away(string reason) => new(
        ErrorCode.Unavailable, $"The HSM '{Name}' is unavailable: {reason}. Retry after the time in Retry-After.")
    {
        RetryAfter = RetryAfter,
    };

    // Lost: the token or its module; otherwise the PIN or the store is to blame.
    private sealed record Absence(string Reason, TimeSpan RetryAfter, bool IsLost);
}
