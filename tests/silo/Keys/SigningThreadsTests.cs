using CodeSigning.Silo.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class SigningThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Job_runs_on_a_signing_thread_and_returns_its_result()
    {
        await using var threads = new SigningThreads(threads: 1);

        var (name, isPool) = await threads.RunAsync(
            () => (Thread.CurrentThread.Name, Thread.CurrentThread.IsThreadPoolThread), default).WaitAsync(Patience);

        Assert.Equal("signing 0", name);
        Assert.False(isPool);
    }

    [Fact]
    public async Task Brief_job_that_is_alone_runs_on_its_callers_thread()
    {
        await using var threads = await IdleAsync(2);

        var job = threads.RunBrieflyAsync("idn_1", () => Environment.CurrentManagedThreadId, default);

        Assert.True(job.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, await job);
    }

    [Fact]
    public async Task Brief_job_beside_another_runs_on_a_signing_thread()
    {
        await using var threads = await IdleAsync(2);
        using Barrier both = new(2);
        var name = () =>
        {
            Assert.True(both.SignalAndWait(Patience));
            return Thread.CurrentThread.Name;
        };

        var first = Task.Run(() => threads.RunBrieflyAsync("idn_1", name, default));
        var second = Task.Run(() => threads.RunBrieflyAsync("idn_1", name, default));

        string?[] names = [await first.WaitAsync(Patience), await second.WaitAsync(Patience)];
        Assert.Single(names, IsSigning);
    }

    [Fact]
    public async Task Stop_waits_for_a_job_on_its_callers_thread()
    {
        await using var threads = await IdleAsync(1);
        using ManualResetEventSlim end = new();
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var job = Task.Run(() => threads.RunBrieflyAsync(
            "idn_1",
            () =>
            {
                started.SetResult();
                return end.Wait(Patience);
            },
            default));
        await started.Task.WaitAsync(Patience);

        var stopped = threads.StopAsync(default);
        Assert.False(stopped.IsCompleted);
        end.Set();
        await stopped.WaitAsync(Patience);

        Assert.True(await job);
    }

    [Fact]
    public async Task One_thread_per_core_runs_by_default()
    {
        await using var threads = new SigningThreads();

        Assert.Equal(Environment.ProcessorCount, threads.Threads);
    }

    [Fact]
    public async Task Fault_reaches_the_caller_and_the_thread_survives()
    {
        await using var threads = new SigningThreads(threads: 1);

        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => threads.RunAsync<int>(() => throw new InvalidTimeZoneException(), default).WaitAsync(Patience));

        Assert.Equal(2, await threads.RunAsync(() => 2, default).WaitAsync(Patience));
    }

    [Fact]
    public async Task Full_queue_refuses_a_job_at_once()
    {
        await using var threads = new SigningThreads(threads: 1, queueLength: 2);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var first = threads.RunAsync(() => 1, default);
        var second = threads.RunAsync(() => 2, default);

        var refusal = await Assert.ThrowsAsync<SigningThreadsUnavailableException>(() => threads.RunAsync(() => 3, default));

        Assert.False(refusal.IsStopping);
        Assert.Equal(2, threads.Waiting);
        blocker.Release();
        Assert.Equal(1, await first.WaitAsync(Patience));
        Assert.Equal(2, await second.WaitAsync(Patience));
        Assert.Equal(4, await threads.RunAsync(() => 4, default).WaitAsync(Patience));
    }

    [Fact]
    public async Task Job_cancelled_before_it_starts_is_not_run()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        using var cancelling = new CancellationTokenSource();
        var ran = false;

        var job = threads.RunAsync(() => ran = true, cancelling.Token);
        await cancelling.CancelAsync();
        blocker.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.WaitAsync(Patience));
        Assert.False(ran);
    }

    [Fact]
    public async Task Abandoned_wait_ends_while_its_job_runs()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var cancelling = new CancellationTokenSource();
        using ManualResetEventSlim end = new();
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        var job = threads.RunAbandonablyAsync(
            "idn_1",
            () =>
            {
                started.SetResult();
                return end.Wait(Patience);
            },
            cancelling.Token);
        await started.Task.WaitAsync(Patience);
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.WaitAsync(Patience));
        end.Set();
        Assert.Equal(2, await threads.RunAsync(() => 2, default).WaitAsync(Patience));
    }

    [Fact]
    public async Task Stop_finishes_accepted_jobs_and_refuses_new_ones()
    {
        var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var waiting = threads.RunAsync(() => 1, default);

        var stopped = threads.StopAsync(default);
        var refusal = await Assert.ThrowsAsync<SigningThreadsUnavailableException>(() => threads.RunAsync(() => 2, default));
        blocker.Release();
        await stopped.WaitAsync(Patience);

        Assert.True(refusal.IsStopping);
        Assert.Equal(1, await waiting);
    }

    [Fact]
    public async Task Cancelled_stop_refuses_waiting_jobs()
    {
        var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var waiting = threads.RunAsync(() => 1, default);

        var stopped = threads.StopAsync(new CancellationToken(canceled: true));

        var refusal = await Assert.ThrowsAsync<SigningThreadsUnavailableException>(() => waiting.WaitAsync(Patience));
        Assert.True(refusal.IsStopping);
        blocker.Release();
        await stopped.WaitAsync(Patience);
    }

    [Fact]
    public async Task Every_job_of_many_callers_runs_once()
    {
        await using var threads = new SigningThreads(threads: 2, queueLength: 10_000);
        var ran = 0;

        var results = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(number => threads.RunAsync(
            () =>
            {
                Interlocked.Increment(ref ran);
                return number;
            },
            default))).WaitAsync(Patience);

        Assert.Equal(10_000, ran);
        Assert.Equal(Enumerable.Range(0, 10_000), results);
    }

    [Fact]
    public async Task Brief_results_are_delivered_before_long_work_completes()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var first = new Blocker(threads);
        await first.Started.WaitAsync(Patience);
        var brief = Enumerable.Range(0, 3).Select(number => threads.RunBrieflyAsync($"idn_{number}", () => number, default)).ToList();
        using var second = new Blocker(threads);
        var last = threads.RunBrieflyAsync("idn_3", () => 3, default);

        first.Release();

        Assert.Equal(Enumerable.Range(0, 3), await Task.WhenAll(brief).WaitAsync(Patience));
        Assert.False(last.IsCompleted);
        second.Release();
        Assert.Equal(3, await last.WaitAsync(Patience));
    }

    [Fact]
    public async Task Who_awaits_brief_work_continues_on_its_thread()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var continued = ThreadAfter(threads.RunBrieflyAsync("idn_1", () => 1, default));

        blocker.Release();

        Assert.Equal("signing 0", (await continued.WaitAsync(Patience)).Name);
    }

    [Fact]
    public async Task Who_awaits_other_work_continues_on_the_pool()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var continued = ThreadAfter(threads.RunAsync(() => 1, default));

        blocker.Release();

        Assert.True((await continued.WaitAsync(Patience)).IsThreadPoolThread);
    }

    [Fact]
    public async Task Brief_work_reports_its_faults_and_cancellations()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var faulty = threads.RunBrieflyAsync<int>("idn_1", () => throw new InvalidTimeZoneException(), default);
        var cancelled = threads.RunBrieflyAsync("idn_1", () => 1, new CancellationToken(canceled: true));
        var well = threads.RunBrieflyAsync("idn_1", () => 2, default);

        blocker.Release();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => faulty.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience));
        Assert.Equal(2, await well.WaitAsync(Patience));
    }

    [Fact]
    public async Task Callers_take_turns()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        List<string> order = [];
        var jobs = new[] { "many 1", "many 2", "many 3", "one 1", "two 1", "two 2" }
            .Select(name => threads.RunBrieflyAsync(
                name.Split(' ')[0],
                () =>
                {
                    order.Add(name);
                    return name;
                },
                default))
            .ToList();

        blocker.Release();
        await Task.WhenAll(jobs).WaitAsync(Patience);

        Assert.Equal(["many 1", "one 1", "two 1", "many 2", "two 2", "many 3"], order);
    }

    [Fact]
    public async Task Full_queue_refuses_the_newest_job_of_the_busiest_caller()
    {
        await using var threads = new SigningThreads(threads: 1, queueLength: 3);
        using var blocker = new Blocker(threads);
        await blocker.Started.WaitAsync(Patience);
        var many = Enumerable.Range(0, 3).Select(number => threads.RunBrieflyAsync("many", () => number, default)).ToList();

        var one = threads.RunBrieflyAsync("one", () => 9, default);

        var refusal = await Assert.ThrowsAsync<SigningThreadsUnavailableException>(() => many[2].WaitAsync(Patience));
        Assert.False(refusal.IsStopping);
        await Assert.ThrowsAsync<SigningThreadsUnavailableException>(() => threads.RunBrieflyAsync("many", () => 3, default));
        await Assert.ThrowsAsync<SigningThreadsUnavailableException>(() => threads.RunBrieflyAsync("one", () => 10, default));
        blocker.Release();
        var done = await Task.WhenAll(many[0], many[1], one).WaitAsync(Patience);
        Assert.Equal([0, 1, 9], done);
    }

    [Fact]
    public async Task Empty_queue_is_signalled_once_the_last_job_starts()
    {
        await using var threads = new SigningThreads(threads: 1);
        Assert.True(threads.FewWaitAsync(0).IsCompletedSuccessfully);
        using var first = new Blocker(threads);
        await first.Started.WaitAsync(Patience);
        using var second = new Blocker(threads);

        var noneWaits = threads.FewWaitAsync(0);

        Assert.False(noneWaits.IsCompleted);
        first.Release();
        await noneWaits.WaitAsync(Patience);
        second.Release();
    }

    [Fact]
    public async Task Queue_that_has_become_short_is_signalled()
    {
        await using var threads = new SigningThreads(threads: 1);
        using var first = new Blocker(threads);
        await first.Started.WaitAsync(Patience);
        using var second = new Blocker(threads);
        using var third = new Blocker(threads);
        Assert.True(threads.FewWaitAsync(2).IsCompletedSuccessfully);

        var oneWaits = threads.FewWaitAsync(1);

        Assert.False(oneWaits.IsCompleted);
        first.Release();
        await oneWaits.WaitAsync(Patience);
        Assert.False(threads.FewWaitAsync(0).IsCompleted);
        second.Release();
        third.Release();
    }

    /// <summary>The thread on which who awaits a task continues.</summary>
    private static Task<Thread> ThreadAfter(Task task) => task.ContinueWith(
        _ => Thread.CurrentThread, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Threads that have begun to wait for work.</summary>
    private static async Task<SigningThreads> IdleAsync(int count)
    {
        SigningThreads threads = new(count);
        while (await threads.RunBrieflyAsync("idn_0", () => IsSigning(Thread.CurrentThread.Name), default).WaitAsync(Patience))
        {
            await Task.Yield();
        }

        return threads;
    }

    private static bool IsSigning(string? thread) => thread?.StartsWith("signing ", StringComparison.Ordinal) is true;

    /// <summary>Holds one thread until it is released.</summary>
    private sealed class Blocker : IDisposable
    {
        private readonly ManualResetEventSlim _gate = new();
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<bool> _job;

        public Blocker(SigningThreads threads) => _job = threads.RunAsync(
            () =>
            {
                _started.SetResult();
                return _gate.Wait(Patience);
            },
            default);

        public Task Started => _started.Task;

        public void Release() => _gate.Set();

        public void Dispose()
        {
            _gate.Set();
            Assert.True(((IAsyncResult)_job).AsyncWaitHandle.WaitOne(Patience));
            _gate.Dispose();
        }
    }
}
