using System.Globalization;
using System.Net;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Tests.Hosting;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Gateway.Tests.Limits;

/// <summary>Which connection goes when there are too many. Of ten places, four are for those without a token, two an address.</summary>
public sealed class ConnectionLimitsTests
{
    private readonly ConnectionLimits _limits = Create();
    private readonly List<string> _ended = [];

    [Fact]
    public void Oldest_idle_connection_of_an_address_makes_room()
    {
        Open("192.0.2.1", "first");
        Open("192.0.2.1", "second");
        Open("192.0.2.1", "third");

        Assert.Equal(["first"], _ended);
        Assert.Equal((2, 1L), (_limits.AnonymousCount, _limits.Displaced));
    }

    [Fact]
    public void Connection_with_recent_activity_outlives_one_without()
    {
        var first = Open("192.0.2.1", "first");
        Open("192.0.2.1", "second");
        _limits.BeginRequest(first);
        _limits.EndRequest(first);
        Open("192.0.2.1", "third");

        Assert.Equal(["second"], _ended);
    }

    [Fact]
    public void Slow_anonymous_request_does_not_hold_a_place()
    {
        _limits.BeginRequest(Open("192.0.2.1", "slow"));
        Open("192.0.2.1", "second");
        Open("192.0.2.1", "third");

        Assert.Equal(["slow"], _ended);
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::ffff:2", "2001:db8::3")]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1")]
    public void Addresses_of_one_network_count_as_one(string first, string second, string third)
    {
        Open(first, "first");
        Open(second, "second");
        Open(third, "third");

        Assert.Equal(["first"], _ended);
    }

    [Fact]
    public void Address_with_the_most_connections_makes_room_for_another()
    {
        Open("192.0.2.1", "only one");
        Open("192.0.2.2", "one of two");
        Open("192.0.2.2", "two of two");
        Open("192.0.2.3", "another");
        Open("192.0.2.4", "newcomer");

        Assert.Equal(["one of two"], _ended);
        Assert.Equal(4, _limits.AnonymousCount);
    }

    [Fact]
    public void Authenticated_connection_no_longer_counts_against_its_address()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.True(_limits.Authenticate(Open("192.0.2.1", $"job {i}"), $"idn_{i}"));
        }

        for (var i = 0; i < 100; i++)
        {
            Open("192.0.2.1", "flood");
        }

        Assert.DoesNotContain(_ended, name => name.StartsWith("job", StringComparison.Ordinal));
        Assert.Equal((2, 3), (_limits.AnonymousCount, _limits.TrustedCount));
    }

    [Fact]
    public void Caller_gets_half_of_the_places_and_loses_idle_connections()
    {
        var signing = Open("192.0.2.1", "signing");
        _limits.BeginRequest(signing);
        _limits.Authenticate(signing, "idn_1");
        _limits.Authenticate(Open("192.0.2.1", "idle"), "idn_1");
        _limits.Authenticate(Open("192.0.2.1", "other"), "idn_1");
        _limits.Authenticate(Open("192.0.2.1", "newest"), "idn_1");

        Assert.Equal(["idle"], _ended);
        Assert.Equal(3, _limits.TrustedCount);
    }

    [Fact]
    public void Trusted_proxy_has_more_places_than_one_address()
    {
        for (var i = 0; i < 3; i++)
        {
            Open("198.51.100.1", $"proxied {i}");
        }

        Assert.Empty(_ended);
        Assert.Equal((0, 3), (_limits.AnonymousCount, _limits.TrustedCount));
    }

    [Fact]
    public void Closed_connection_gives_its_place_back_once()
    {
        var first = Open("192.0.2.1", "first");
        Open("192.0.2.1", "second");
        _limits.Close(first);
        _limits.Close(first);
        Open("192.0.2.1", "third");

        Assert.Empty(_ended);
        Assert.Equal(2, _limits.AnonymousCount);
    }

    [Fact]
    public void Displaced_connection_is_never_counted_again()
    {
        var first = Open("192.0.2.1", "first");
        Open("192.0.2.1", "second");
        Open("192.0.2.1", "third");
        _limits.BeginRequest(first);
        Assert.False(_limits.Authenticate(first, "idn_1"));
        _limits.EndRequest(first);
        _limits.Close(first);

        Assert.Equal((2, 0), (_limits.AnonymousCount, _limits.TrustedCount));
    }

    [Fact]
    public void Thousand_jobs_behind_one_address_connect_by_default()
    {
        var limits = new ConnectionLimits(TestSettings.Read(new ConfigurationBuilder().Build()));
        var jobs = Enumerable.Range(0, 1000).Select(_ => limits.Open(IPAddress.Parse("192.0.2.1"), () => _ended.Add("job"))).ToList();
        foreach (var job in jobs)
        {
            limits.Authenticate(job, "idn_1");
        }

        for (var i = 0; i < 10_000; i++)
        {
            limits.Open(IPAddress.Parse("192.0.2.1"), () => { });
        }

        Assert.Empty(_ended);
        Assert.Equal((1250, 1000), (limits.AnonymousCount, limits.TrustedCount));
    }

    [Fact]
    public void No_number_of_anonymous_addresses_takes_authenticated_places()
    {
        var limits = new ConnectionLimits(TestSettings.Read(new ConfigurationBuilder().Build()));
        for (var i = 0; i < 20_000; i++)
        {
            limits.Open(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"2001:db8:{i / 1000:x}:{i % 1000:x}::1")), () => { });
        }

        Assert.Equal((4000, 16_000L), (limits.AnonymousCount, limits.Displaced));
    }

    private static ConnectionLimits Create() => new(TestSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["CODESIGNING_CONNECTIONS"] = "10",
            ["CODESIGNING_CONNECTIONS_PER_ADDRESS"] = "2",
            ["CODESIGNING_TRUSTED_PROXIES"] = "198.51.100.0/24",
        })
        .Build()));

    private ClientConnection Open(string address, string name) => _limits.Open(IPAddress.Parse(address), () => _ended.Add(name));
}
