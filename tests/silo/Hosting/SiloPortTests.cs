using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>Who gets an answer at a silo's port: nodes, and nobody else.</summary>
public sealed class SiloPortTests : IAsyncLifetime
{
    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private RunningSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await RunningSilo.StartAsync();

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    [Theory]
    [InlineData(SslProtocols.Tls13)]
    [InlineData(SslProtocols.Tls12)]
    public async Task Node_of_the_same_authority_is_accepted(SslProtocols protocol)
    {
        using var authority = await _silo.OpenAuthorityAsync();
        using var certificate = TestCertificates.Of(authority.Handle, _silo.Cluster, Now);
        await using var caller = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate, protocol);

        Assert.True(await caller.ReadAsync() > 0);
    }

    [Fact]
    public async Task Caller_without_a_certificate_is_refused() => await AssertRefusedAsync(certificate: null, "it presented no certificate");

    [Fact]
    public async Task Self_signed_certificate_is_refused()
    {
        using var certificate = TestCertificates.SelfMade(_silo.Cluster, Now);
        await AssertRefusedAsync(certificate, "its certificate was not issued by this cluster's authority");
    }

    [Fact]
    public async Task Certificate_of_another_authority_is_refused()
    {
        using var authority = TestCertificates.OtherAuthority();
        using var certificate = TestCertificates.Of(authority, _silo.Cluster, Now);
        await AssertRefusedAsync(certificate, "its certificate was not issued by this cluster's authority");
    }

    [Fact]
    public async Task Certificate_issued_by_a_node_is_refused()
    {
        using var certificate = TestCertificates.OfNode(_silo.Trust.Authority.Certificate, Now);
        await AssertRefusedAsync(certificate, "its certificate was not issued by this cluster's authority");
    }

    [Fact]
    public async Task Node_of_a_copied_store_is_refused()
    {
        using var authority = await _silo.OpenAuthorityAsync();
        using var certificate = TestCertificates.Of(authority.Handle, "another", Now);
        await AssertRefusedAsync(certificate, "it is a node of another cluster");
    }

    [Fact]
    public async Task Expired_certificate_is_refused()
    {
        using var authority = await _silo.OpenAuthorityAsync();
        using var certificate = TestCertificates.Of(authority.Handle, _silo.Cluster, Now, ends: TimeSpan.FromMinutes(-1));
        await AssertRefusedAsync(certificate, "its certificate expired at");
    }

    [Fact]
    public async Task Certificate_not_yet_valid_is_refused()
    {
        using var authority = await _silo.OpenAuthorityAsync();
        using var certificate = TestCertificates.Of(authority.Handle, _silo.Cluster, Now, begins: TimeSpan.FromHours(24), ends: TimeSpan.FromHours(48));
        await AssertRefusedAsync(certificate, "its certificate is valid only from");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: silo\r\n\r\n")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    public async Task Bytes_that_are_not_TLS_are_refused(string bytes)
    {
        await using var caller = await SiloCaller.ConnectAsync(_silo.Endpoint);
        await caller.SendAsync(Encoding.ASCII.GetBytes(bytes));

        await AssertRefusedAsync(caller, "it does not speak TLS");
    }

    [Fact]
    public async Task Silent_caller_is_disconnected()
    {
        await using var caller = await SiloCaller.ConnectAsync(_silo.Endpoint);

        await AssertRefusedAsync(caller, "it did not finish the TLS handshake within 5 seconds");
    }

    [Fact]
    public async Task Refusal_does_not_end_connections_of_nodes()
    {
        using var authority = await _silo.OpenAuthorityAsync();
        using var certificate = TestCertificates.Of(authority.Handle, _silo.Cluster, Now);
        await using var node = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate);
        Assert.True(await node.ReadAsync() > 0);
        await using var stranger = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate: null);
        await stranger.WaitForEndAsync();

        await using var other = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate);
        Assert.True(await other.ReadAsync() > 0);
        await node.SendAsync(new byte[1]);
    }

    [Fact]
    public async Task Nodes_of_a_replaced_authority_are_refused()
    {
        using var leaked = await _silo.OpenAuthorityAsync();
        using var certificate = TestCertificates.Of(leaked.Handle, _silo.Cluster, Now);
        await using var early = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate);
        Assert.True(await early.ReadAsync() > 0);

        await _silo.ReplaceAuthorityAsync();

        await early.WaitForEndAsync();
        _silo.Log.Clear();
        await AssertRefusedAsync(certificate, "its certificate was not issued by this cluster's authority");
        using var authority = await _silo.OpenAuthorityAsync();
        using var next = TestCertificates.Of(authority.Handle, _silo.Cluster, Now);
        await using var node = await SiloCaller.ConnectAsync(_silo.Endpoint, next);
        Assert.True(await node.ReadAsync() > 0);
    }

    private async Task AssertRefusedAsync(X509Certificate2? certificate, string cause)
    {
        await using var caller = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate);
        await AssertRefusedAsync(caller, cause);
    }

    private async Task AssertRefusedAsync(SiloCaller caller, string cause)
    {
        Assert.Equal(0, await caller.ReadAsync());
        var line = await _silo.Log.WaitForAsync(caller.Address);
        Assert.Equal((LogLevel.Warning, null), (line.Level, line.Exception));
        Assert.Contains(cause, line.Text, StringComparison.Ordinal);
        // What would come late comes with the end of the next one.
        await using var next = await SiloCaller.ConnectAsync(_silo.Endpoint, certificate: null);
        await _silo.Log.WaitForAsync(next.Address);
        Assert.Equal(2, _silo.Log.All.Count);
    }
}
