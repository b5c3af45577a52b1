using System.Collections.Concurrent;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>Stands between the writer and the database's real commits and spoils them as a network or a disk would.</summary>
internal sealed class FaultyCommits(ILedgerCommits real) : ILedgerCommits
{
    private readonly ConcurrentQueue<Fault> _faults = new();
    private readonly TaskCompletionSource _away = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _gate = Opened();

    /// <summary>Commits that came through to the database.</summary>
    public int Sent { get; private set; }

    /// <summary>Whether the store is away until further notice.</summary>
    public bool IsAway { get; set; }

    /// <summary>Ends when a fault has taken the store away.</summary>
    public Task Away => _away.Task;

    /// <summary>Puts the wrapper in the place of the commits that are registered.</summary>
    public static void Install(IServiceCollection services)
    {
        var real = services.Last(service => service.ServiceType == typeof(ILedgerCommits)).ImplementationFactory!;
        services.AddSingleton(provider => new FaultyCommits((ILedgerCommits)real(provider)));
        services.AddSingleton<ILedgerCommits>(provider => provider.GetRequiredService<FaultyCommits>());
    }

    /// <summary>The next commits suffer these faults, one each.</summary>
    public void Suffer(params Fault[] faults)
    {
        foreach (var fault in faults)
        {
            _faults.Enqueue(fault);
        }
    }

    /// <summary>Holds commits back until <see cref="Release"/>.</summary>
    public void Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _gate.SetResult();

    public async Task<CommitReport> CommitAsync(CommitProposal proposal, CancellationToken cancellationToken)
    {
        await _gate.Task.WaitAsync(cancellationToken);
        if (IsAway)
        {
            throw new StoreUnavailableException("Away.", new IOException());
        }

        _faults.TryDequeue(out var fault);
        if (fault is Fault.StoreAway)
        {
            throw TakeAway();
        }

        if (fault is Fault.LostBeforeItWasSent)
        {
            throw new StoreUnavailableException("Lost.", new IOException());
        }

        if (fault is Fault.Contention)
        {
            throw new StoreContentionException("In the way.", new IOException());
        }

        if (fault is Fault.Rejected)
        {
            throw new StoreRejectedException("Refused.", new IOException());
        }

        if (fault is Fault.Unknown)
        {
            throw new InvalidOperationException("Nobody foresaw this.");
        }

        Sent++;
        var report = await real.CommitAsync(proposal, cancellationToken);
        return fault switch
        {
            Fault.AnswerLost => throw new StoreUnavailableException("Lost.", new IOException()),
            Fault.AnswerLostAndStoreAway => throw TakeAway(),
            Fault.AnswerUnreadable => throw new InvalidCastException("Nobody foresaw this."),
            _ => report,
        };
    }

    public Task<long> ReadClockAsync(CancellationToken cancellationToken) => real.ReadClockAsync(cancellationToken);

    public Task OpenStreamAsync(string stream, string node, CancellationToken cancellationToken) =>
        real.OpenStreamAsync(stream, node, cancellationToken);

    public Task<bool> CloseStreamAsync(string stream, StreamHead head, string closingHead, CancellationToken cancellationToken) =>
        IsAway
            ? throw new StoreUnavailableException("Away.", new IOException())
            : real.CloseStreamAsync(stream, head, closingHead, cancellationToken);

    public Task<bool> AddCheckpointAsync(
        long number, string? previous, string checkpoint, IReadOnlyList<string> closedStreams, CancellationToken cancellationToken) =>
        real.AddCheckpointAsync(number, previous, checkpoint, closedStreams, cancellationToken);

    public Task WaitForPendingCommitsAsync(CancellationToken cancellationToken) => real.WaitForPendingCommitsAsync(cancellationToken);

    private StoreUnavailableException TakeAway()
    {
        IsAway = true;
        _away.TrySetResult();
        return new StoreUnavailableException("Away.", new IOException());
    }

    private static TaskCompletionSource Opened()
    {
        TaskCompletionSource gate = new();
        gate.SetResult();
        return gate;
    }
}

/// <summary>What can befall a commit.</summary>
internal enum Fault
{
    None,
    LostBeforeItWasSent,
    AnswerLost,
    Contention,
    StoreAway,
    AnswerLostAndStoreAway,
    Rejected,
    Unknown,
    AnswerUnreadable,
}
