using System.Net;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Settings;
using CodeSigning.Gateway.Tests.Hosting;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Gateway.Tests.Limits;

public sealed class AddressRateTests
{
    private static readonly IPAddress Somebody = IPAddress.Parse("192.0.2.1");
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Address_gets_a_burst_and_then_its_rate()
    {
        var rate = new AddressRate(perSecond: 10, atOnce: 20, _time);

        Assert.Equal(20, Taken(rate, 100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, Taken(rate, 100));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, Taken(rate, 100));
    }

    [Fact]
    public void Refusal_names_the_wait()
    {
        var rate = new AddressRate(perSecond: 1, atOnce: 1, _time);
        Assert.Null(rate.Take(Somebody));

        Assert.Equal(TimeSpan.FromSeconds(1), rate.Take(Somebody));
        _time.Advance(TimeSpan.FromSeconds(0.75));
        Assert.Equal(TimeSpan.FromSeconds(0.25), rate.Take(Somebody));
    }

    [Fact]
    public void Returned_token_can_be_taken_again()
    {
        var rate = new AddressRate(perSecond: 1, atOnce: 1, _time);
        rate.Take(Somebody);
        rate.GiveBack(Somebody);

        Assert.Null(rate.Take(Somebody));
        Assert.NotNull(rate.Take(Somebody));
    }

    [Fact]
    public void Addresses_of_an_IPv6_64_share_a_bucket()
    {
        var rate = new AddressRate(perSecond: 1, atOnce: 1, _time);

        Assert.Null(rate.Take(IPAddress.Parse("2001:db8::1")));
        Assert.NotNull(rate.Take(IPAddress.Parse("2001:db8::ffff")));
    }

    [Fact]
    public void Flood_of_addresses_evicts_no_spent_bucket()
    {
        var rate = new AddressRate(perSecond: 1, atOnce: 3, _time);
        Taken(rate, 3);
        for (uint i = 0; i < 30_000; i++)
        {
            rate.Take(new IPAddress(i));
        }

        Assert.NotNull(rate.Take(Somebody));
    }

    [Fact]
    public void Machine_logins_have_a_burst_and_then_a_rate()
    {
        var rates = Defaults();

        Assert.Equal(2000, Taken(rates, AnonymousKind.MachineLogins, 10_000));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(50, Taken(rates, AnonymousKind.MachineLogins, 10_000));
    }

    [Fact]
    public void Flood_of_one_kind_does_not_affect_other_kinds()
    {
        var rates = Defaults();
        Taken(rates, AnonymousKind.Requests, 10_000);

        Assert.Equal(100, Taken(rates, AnonymousKind.PersonLogins, 100));
        Assert.Equal(200, Taken(rates, AnonymousKind.Probes, 200));
        Assert.Equal(2000, Taken(rates, AnonymousKind.Tokens, 2000));
    }

    [Fact]
    public void Trusted_proxy_itself_has_no_rate()
    {
        var rates = new AddressRates(Settings(("CODESIGNING_TRUSTED_PROXIES", "192.0.2.1")), _time);

        Assert.Equal(10_000, Taken(rates, AnonymousKind.Handshakes, 10_000));
    }

    private static GatewaySettings Settings(params (string Name, string Value)[] settings) => TestSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(one => one.Name, one => (string?)one.Value)).Build());

    private static int Taken(AddressRate rate, int tries) => Enumerable.Range(0, tries).Count(_ => rate.Take(Somebody) is null);

    private static int Taken(AddressRates rates, AnonymousKind kind, int tries) =>
        Enumerable.Range(0, tries).Count(_ => rates.Take(kind, Somebody) is null);

    private AddressRates Defaults() => new(Settings(), _time);
}
