using System.Collections.Concurrent;
using CodeSigning.Contract;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Testing;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Grains.Tests.Signing;

/// <summary>What a flood of denials becomes in the ledger. Commits last until the test says so.</summary>
public sealed class UnsignedAttemptsTests : ILedger, IDisposable
{
    private static readonly BudgetRule Rule = new(5, 10);
    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentQueue<HeldCommit> _held = new();
    private readonly SemaphoreSlim _made = new(0);
    private readonly UnsignedAttempts _attempts;
    private bool _commitsAtOnce;
    private int _attempted;
    private int _ids;

    public UnsignedAttemptsTests() => _attempts = new UnsignedAttempts(
        this, Options.Create(new UnsignedAttemptOptions { Entries = Rule }), _time);

    [Fact]
    public async Task Single_denial_is_committed_at_once_without_a_count()
    {
        var denial = _attempts.RecordAsync(Denial());
        var commit = await NextAsync();
        Assert.Null(commit.Element.Entry!.Count);
        Assert.False(denial.IsCompleted);
        Commit(commit);
        Assert.Equal("op_1", (await denial).OperationId);
    }

    [Fact]
    public async Task Equal_denials_during_a_commit_share_the_next_entry()
    {
        var denials = Enumerable.Range(0, 64).Select(_ => _attempts.RecordAsync(Denial())).ToArray();
        Commit(await NextAsync());
        var shared = await NextAsync();
        Assert.Equal(63, shared.Element.Entry!.Count);
        Assert.Equal("op_1", (await denials[0]).OperationId);
        Assert.All(denials[1..], denial => Assert.False(denial.IsCompleted));
        Commit(shared);
        Assert.All((await Task.WhenAll(denials))[1..], one => Assert.Equal("op_2", one.OperationId));
        Assert.Equal(0, _attempts.Pending);
    }

    [Fact]
    public async Task Different_denials_have_separate_entries()
    {
        LedgerElement[] unlike =
        [
            Denial(), Denial(signer: "sgn_2"), Denial(code: "ApprovalRequired"), Denial(address: "192.0.2.2"),
            Denial() with { Entry = Denial().Entry! with { Outcome = EntryOutcome.Failed } },
        ];
        foreach (var one in unlike)
        {
            var recorded = _attempts.RecordAsync(one);
            Assert.Equal(one, (await NextAsync()).Element);
            Assert.False(recorded.IsCompleted);
        }
    }

    [Fact]
    public async Task Read_set_of_shared_entry_includes_each_denials_read_set()
    {
        _ = _attempts.RecordAsync(Denial());
        var shared = new[] { "ses_1", "ses_2" }
            .Select(session => Denial() with { ReadSet = [new StateVersion("signer", "sgn_1", 1), new StateVersion("session", session, 1)] })
            .Select(_attempts.RecordAsync)
            .ToArray();
        Commit(await NextAsync());
        var commit = await NextAsync();
        Assert.Equal(["sgn_1", "ses_1", "ses_2"], commit.Element.ReadSet.Select(version => version.Id));
        commit.Done.SetResult(new CommitOutcome.Stale([new StateVersion("session", "ses_2", 0)]));
        Assert.All(await Task.WhenAll(shared), one => Assert.IsType<CommitOutcome.Stale>(one.Outcome));
    }

    [Fact]
    public async Task Entry_has_a_bounded_number_of_sessions()
    {
        _ = _attempts.RecordAsync(Denial());
        var denials = Enumerable.Range(0, 250)
            .Select(i => _attempts.RecordAsync(Denial() with { ReadSet = [new StateVersion("session", $"ses_{i}", 1)] }))
            .ToArray();
        var attempts = 0;
        while (attempts < 251)
        {
            var commit = await NextAsync();
            Assert.InRange(commit.Element.ReadSet.Length, 0, 100);
            attempts += commit.Element.Entry!.Count ?? 1;
            Commit(commit);
        }

        await Task.WhenAll(denials);
    }

    [Fact]
    public async Task Flood_becomes_as_many_entries_as_the_budget_holds()
    {
        var flood = new List<Task<RecordedAttempt>>();
        _commitsAtOnce = true;
        for (var tick = 0; tick < 500; tick++)
        {
            flood.AddRange([_attempts.RecordAsync(Denial()), _attempts.RecordAsync(Denial())]);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        var all = Task.WhenAll(flood);
        while (!all.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.All(await all, one => Assert.IsType<CommitOutcome.Committed>(one.Outcome));
        Assert.InRange(_made.CurrentCount, 5, 5 + (10 * 5) + 1);
        Assert.Equal(1000, _attempted);
    }

    [Fact]
    public async Task Caller_of_varied_denials_gets_a_retry_after()
    {
        var recorded = Enumerable.Range(0, 100).Select(i => _attempts.RecordAsync(Denial(signer: $"sgn_{i}"))).ToArray();
        var refused = recorded[(5 + 10)..]; // What is there at once, and within a second.
        Assert.All(await Task.WhenAll(refused), one => Assert.True(one.RetryAfter > TimeSpan.Zero && one.Outcome is null));
        Assert.All(recorded[..(5 + 10)], one => Assert.False(one.IsCompleted));
    }

    [Fact]
    public async Task Flood_of_one_caller_does_not_affect_another()
    {
        _commitsAtOnce = true;
        for (var i = 0; i < 100; i++)
        {
            _ = _attempts.RecordAsync(Denial(signer: $"sgn_{i}"));
        }

        Assert.IsType<CommitOutcome.Committed>((await _attempts.RecordAsync(Denial(caller: "idn_2"))).Outcome);
    }

    [Fact]
    public async Task Unavailable_ledger_fails_every_denial_of_the_shared_entry()
    {
        var denials = Enumerable.Range(0, 3).Select(_ => _attempts.RecordAsync(Denial())).ToArray();
        (await NextAsync()).Done.SetException(new LedgerUnavailableException("away"));
        (await NextAsync()).Done.SetException(new LedgerUnavailableException("away"));
        foreach (var denial in denials)
        {
            await Assert.ThrowsAsync<LedgerUnavailableException>(() => denial);
        }

        Assert.Equal(0, _attempts.Pending);
    }

    public void Dispose() => _made.Dispose();

    ValueTask<CommitOutcome> ILedger.CommitAsync(LedgerElement element, CancellationToken cancellationToken)
    {
        var commit = new HeldCommit(element, new(TaskCreationOptions.RunContinuationsAsynchronously));
        Interlocked.Add(ref _attempted, element.Entry!.Count ?? 1);
        if (_commitsAtOnce)
        {
            Commit(commit);
        }

        _held.Enqueue(commit);
        _made.Release();
        return new ValueTask<CommitOutcome>(commit.Done.Task);
    }

    private async Task<HeldCommit> NextAsync()
    {
        await _made.WaitAsync();
        return _held.TryDequeue(out var next) ? next : throw new InvalidOperationException("There is no commit.");
    }

    private void Commit(HeldCommit commit) => commit.Done.SetResult(new CommitOutcome.Committed(_time.GetUtcNow(), "str_1", 1, null));

    private LedgerElement Denial(
        string caller = "idn_1", string signer = "sgn_1", string code = "Forbidden", string address = "192.0.2.1") => new()
        {
            Entry = new EntryDraft
            {
                OperationId = $"op_{++_ids}",
                Kind = EntryKind.Sign,
                Outcome = EntryOutcome.Denied,
                Code = code,
                Actor = new Actor(PrincipalKind.Identity, caller, "ci"),
                Address = address,
                SignerId = signer,
            },
        };

    private sealed record HeldCommit(LedgerElement Element, TaskCompletionSource<CommitOutcome> Done);
}
