using System.Net;
using CodeSigning.Silo.Cluster;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

public sealed class ClusterSettingsTests
{
    [Theory]
    [InlineData(null, null, "CODESIGNING_SILO_ADDRESS is not set: expected")]
    [InlineData(" ", null, "CODESIGNING_SILO_ADDRESS is not set: expected")]
    [InlineData("node-1", null, "CODESIGNING_SILO_ADDRESS is invalid: expected the IP address")]
    [InlineData("0.0.0.0", null, "CODESIGNING_SILO_ADDRESS is invalid: expected the IP address")]
    [InlineData("::", null, "CODESIGNING_SILO_ADDRESS is invalid: expected the IP address")]
    [InlineData("10.0.0.7", "0", "CODESIGNING_SILO_PORT is invalid: expected a TCP port")]
    [InlineData("10.0.0.7", "70000", "CODESIGNING_SILO_PORT is invalid: expected a TCP port")]
    public void Invalid_address_is_explained_in_a_sentence(string? address, string? port, string sentence)
    {
        var mistakes = Assert.Throws<SettingsException>(() => Read(address, port));

        Assert.StartsWith(sentence, mistakes.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', mistakes.Message);
    }

    [Theory]
    [InlineData("10.0.0.7", null, "10.0.0.7:11111")]
    [InlineData(" 10.0.0.7 ", "4711", "10.0.0.7:4711")]
    [InlineData("fd00::7", "4711", "[fd00::7]:4711")]
    [InlineData("::ffff:10.0.0.7", null, "10.0.0.7:11111")]
    public void Address_is_normalized(string address, string? port, string expected) =>
        Assert.Equal(expected, Read(address, port).ToString());

    [Fact]
    public void Single_node_gets_a_free_port() => Assert.NotEqual(0, ClusterSettings.PickAlone().Port);

    private static IPEndPoint Read(string? address, string? port)
    {
        SettingsReader reader = new(Configuration(address, port));
        var endpoint = ClusterSettings.Read(reader);
        reader.ThrowIfMistaken();
        return endpoint;
    }

    private static IConfiguration Configuration(string? address, string? port) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["CODESIGNING_SILO_ADDRESS"] = address,
            ["CODESIGNING_SILO_PORT"] = port,
        })
        .Build();
}
