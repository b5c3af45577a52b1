using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class LastLoginTests : IdentitySuite
{
    private readonly NotedObservations _noted = new();

    protected override void Configure(IServiceCollection services)
    {
        _noted.Time = () => Node.Time.GetUtcNow();
        services.AddSingleton<IObservations>(_noted);
    }

    [Fact]
    public async Task Administrator_sees_last_logins_and_uses_of_secrets()
    {
        var identity = await CreateIdentityAsync("ci");
        var (used, unused) = (await CreateSecretAsync(identity.Id, maxUses: 9), await CreateSecretAsync(identity.Id));
        await LogInAsync(used);
        Node.Time.Advance(TimeSpan.FromMinutes(1));
        await LogInAsync(used);
        var at = Node.Time.GetUtcNow();
        var directory = Node.Get<IdentityDirectory>();
        var secrets = await directory.ListClientSecretsAsync(Administrator, identity.Id, new DirectoryQuery(25), default);
        var first = secrets.Items.Single(secret => secret.Id == used.Id);
        Assert.Equal((2, at, 9), (first.Uses, first.LastUsedAt, first.MaxUses));
        var second = secrets.Items.Single(secret => secret.Id == unused.Id);
        Assert.Equal((0, null), (second.Uses, second.LastUsedAt));
        Assert.Equal(at, (await directory.GetAsync(Administrator, identity.Id, default)).LastLoginAt);
        Assert.NotNull((await Node.Get<UserDirectory>().GetAsync(Administrator, Administrator.Id, default)).LastLoginAt);
    }

    /// <summary>Remembers at once what the store remembers some seconds late.</summary>
    private sealed class NotedObservations : IObservations
    {
        private readonly Dictionary<(string Subject, string What), Observation> _all = [];

        public Func<DateTimeOffset> Time { get; set; } = () => default;

        public void Note(string subject, string what)
        {
            var count = _all.TryGetValue((subject, what), out var known) ? known.Count : 0;
            _all[(subject, what)] = new Observation(subject, what, Time(), count + 1);
        }

        public Task<IReadOnlyList<Observation>> ReadAsync(
            IReadOnlyCollection<string> subjects, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<Observation>>(
                [.. _all.Values.Where(observation => subjects.Contains(observation.Subject))]);
    }
}
