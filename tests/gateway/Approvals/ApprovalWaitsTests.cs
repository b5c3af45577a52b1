using System.Collections.Immutable;
using System.Reflection;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.States;
using CodeSigning.Testing;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSigning.Gateway.Tests.Approvals;

public sealed class ApprovalWaitsTests : IDisposable
{
    private static readonly ImmutableArray<string> Requests = ["req_1", "req_2", "req_3"];
    private readonly ManualTimeProvider _time = new();
    private readonly RequestChanges _changes = new();
    private readonly PendingRequests _states;
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly ApprovalWaits _waits;

    public ApprovalWaitsTests()
    {
        _states = new PendingRequests(_time);
        _waits = new ApprovalWaits(_states, _changes, Settings(requestsInFlight: 64), _time, _lifetime);
    }

    public void Dispose() => _lifetime.StopApplication();

    [Fact]
    public Task Wait_leaves_one_continuation_on_a_request_after_many_reads() => WithoutContext(() =>
    {
        var waiting = WaitAsync("ann");
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(51 * Requests.Length, _states.Looks);
        Assert.All(Requests, id => Assert.Equal(1, CountContinuations(_changes.NextAsync(id))));
    });

    [Fact]
    public Task Ended_wait_leaves_no_pending_signal() => WithoutContext(() =>
    {
        var signals = Requests.Select(_changes.NextAsync).ToList();
        var waiting = WaitAsync("ann");
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.False(waiting.Result);
        Assert.All(signals, signal => Assert.True(signal.IsCompleted));
    });

    [Fact]
    public async Task Wait_continues_through_undecided_changes_and_ends_with_the_approval()
    {
        var waiting = WaitAsync("ann");
        await ChangeAsync("req_2");
        Assert.False(waiting.IsCompleted);
        _states.Status = RequestStatus.Approved;
        _changes.OnCommitted([new StateVersion(StateTypes.ApprovalRequest, "req_2", 3)]);
        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public Task One_caller_takes_at_most_an_eighth_of_the_places() => WithoutContext(() =>
    {
        Task<bool>[] own = [WaitAsync("ann"), WaitAsync("ann")];
        Assert.All(own, wait => Assert.False(wait.IsCompleted));
        Assert.True(WaitAsync("ann") is { IsCompletedSuccessfully: true, Result: false });
        Assert.False(WaitAsync("bob").IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(WaitAsync("ann").IsCompleted);
    });

    [Fact]
    public Task All_callers_take_at_most_a_quarter_of_work_places() => WithoutContext(() =>
    {
        var waits = Enumerable.Range(0, 16).Select(i => WaitAsync($"caller {i}")).ToList();
        Assert.All(waits, wait => Assert.False(wait.IsCompleted));
        Assert.True(WaitAsync("one more") is { IsCompletedSuccessfully: true, Result: false });
    });

    /// <summary>Without a test's context what a timer wakes runs on the thread that moves the clock, before it moves on.</summary>
    private static Task WithoutContext(Action test) => Task.Run(test);

    private Task<bool> WaitAsync(string callerId) =>
        _waits.WaitAsync(callerId, Requests, _time.GetUtcNow() + TimeSpan.FromSeconds(60), CancellationToken.None);

    private async Task ChangeAsync(string requestId)
    {
        var looked = _states.NextLookAsync();
        _changes.OnCommitted([new StateVersion(StateTypes.ApprovalRequest, requestId, 2)]);
        await looked.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static int CountContinuations(Task task) =>
        typeof(Task).GetField("m_continuationObject", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(task) switch
        {
            null => 0,
            List<object?> several => several.Count(continuation => continuation is not null),
            _ => 1,
        };

    private static GatewaySettings Settings(int requestsInFlight) => new()
    {
        Urls = [],
        Tls = null,
        TrustedProxies = [],
        SignaturesPerSecond = 1,
        RequestsPerSecond = 1,
        RequestsInFlight = requestsInFlight,
        Connections = 1,
        ConnectionsPerAddress = 1,
        AnonymousRequestsPerSecond = 1,
    };

    /// <summary>A store in which every request has the same status.</summary>
    private sealed class PendingRequests(TimeProvider time) : IStateStore
    {
        private TaskCompletionSource _nextLook = new();
        private int _looks;

        public RequestStatus Status { get; set; } = RequestStatus.Pending;

        public int Looks => _looks;

        public Task NextLookAsync() => (_nextLook = new TaskCompletionSource()).Task;

        public Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _looks);
            _nextLook.TrySetResult();
            var request = new ApprovalRequestState
            {
                Id = id,
                Kind = RequestKind.Signing,
                Status = Status,
                ExpiresAt = time.GetUtcNow().AddDays(1),
            };
            return Task.FromResult<StoredState?>(new StoredState(type, id, 1, StateJson.Write(request)));
        }

        public Task<IReadOnlyList<StoredState>> ReadManyAsync(
            IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
            string type, string id, long knownVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StateVersion>> FindStaleAsync(
            IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
