using System.Reflection;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Grants;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Messaging;
using Xunit;

namespace CodeSigning.Grains.Tests.Grants;

/// <summary>What a grant gives while the node that is its home does not answer.</summary>
public sealed class HomeAwayTests : ApprovalSuite
{
    private readonly AwayHomes _homes = new();

    [Fact]
    public async Task Grant_gives_exactly_what_was_granted()
    {
        var grantId = await GrantAsync(Asked with { RequestedSignings = 10 });
        House.Time.Advance(TimeSpan.FromSeconds(2));
        var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => House.SignAsync(Rae, SignerId))));
        Assert.NotEqual(0, _homes.Calls);
        Assert.Equal(10, replies.Count(reply => reply is SignReply.SignatureMade));
        Assert.All(replies.OfType<SignReply.NotSigned>(), reply => Assert.Equal(ErrorCode.GrantExhausted, reply.Code));
        Assert.Equal((GrantStatus.Exhausted, 10), await StatusAsync(grantId));
    }

    [Fact]
    public async Task Home_is_retried_only_after_an_interval()
    {
        await GrantAsync();
        await SignsAsync(Rae);
        await SignsAsync(Rae);
        Assert.Equal(1, _homes.Calls);
        House.Time.Advance(TimeSpan.FromSeconds(5));
        await SignsAsync(Rae);
        Assert.Equal(2, _homes.Calls);
    }

    [Theory]
    [InlineData(typeof(OrleansMessageRejectionException))]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(ConnectionFailedException))]
    [InlineData(typeof(OrleansLifecycleCanceledException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(StoreUnavailableException))]
    public async Task Grant_signs_whatever_keeps_its_home_from_answering(Type fault)
    {
        await GrantAsync();
        _homes.Fault = () => (Exception)Activator.CreateInstance(
            fault, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, ["The home is away."], null)!;
        await SignsAsync(Rae);
    }

    [Fact]
    public async Task Grant_can_be_revoked()
    {
        var grantId = await GrantAsync();
        await SignsAsync(Rae);
        await House.RevokeAsync(Administrator, grantId);
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
        Assert.Equal((GrantStatus.Revoked, 1), await StatusAsync(grantId));
    }

    private protected override Task<SigningHouse> OpenAsync() =>
        SigningHouse.OpenAsync(services => services.AddSingleton<IOutgoingGrainCallFilter>(_homes));

    private async Task<(GrantStatus Status, long Used)> StatusAsync(string grantId)
    {
        var grant = await House.GrantAsync(Rae, grantId);
        return (grant.Status, grant.Used);
    }

    /// <summary>Grants whose homes do not answer.</summary>
    private sealed class AwayHomes : IOutgoingGrainCallFilter
    {
        private int _calls;

        public Func<Exception> Fault { get; set; } = () => new TimeoutException("The home is away.");

        public int Calls => Volatile.Read(ref _calls);

        public Task Invoke(IOutgoingGrainCallContext context)
        {
            if (context.InterfaceMethod.DeclaringType != typeof(IGrantGrain))
            {
                return context.Invoke();
            }

            Interlocked.Increment(ref _calls);
            return Task.FromException(Fault());
        }
    }
}
