using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>What a start tells of stored certificates whose keys came onto a list since.</summary>
public sealed class CompromisedKeyReportTests
{
    [Fact]
    public async Task Stored_certificate_with_a_listed_key_is_reported()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var (listed, other) = (await node.IssueAsync(ca.Id), await node.IssueAsync(ca.Id));
        var told = await ReportAsync(node, await PublicKeyAsync(node, listed));
        var line = Assert.Single(told);
        Assert.Contains($"certificate {listed.Id} (CN=Example Release)", line, StringComparison.Ordinal);
        Assert.Contains("stop its signers and revoke it", line, StringComparison.Ordinal);
        Assert.DoesNotContain(other.Id, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listed_CA_above_stored_certificates_is_reported_once()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        await node.IssueAsync(ca.Id);
        await node.IssueAsync(ca.Id);
        var stored = await node.Get<IStateStore>().FindAsync<CertificateAuthorityState>(StateTypes.CertificateAuthority, ca.Id, default);
        var told = await ReportAsync(node, node.Get<ICertificateReader>().ReadPublicKey(stored!.State.Certificate));
        Assert.Contains("the CA CN=Example Root above", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoked_certificate_is_no_longer_reported()
    {
        await using var node = await StartAsync();
        var listed = await node.IssueAsync((await node.MakeAuthorityAsync()).Id);
        await node.RevokeAsync(listed.Id);
        Assert.Empty(await ReportAsync(node, await PublicKeyAsync(node, listed)));
    }

    private static async Task<IEnumerable<string>> ReportAsync(PkiNode node, ReadOnlyMemory<byte> listed)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("leaked"), Convert.ToHexString(SHA256.HashData(listed.Span)));
        var log = new ErrorLog();
        await new CompromisedKeyReport(CompromisedKeys.Read(directory.Path), node.Get<IStateStore>(), log).StartAsync(default);
        return log.Errors;
    }

    private static async Task<ReadOnlyMemory<byte>> PublicKeyAsync(PkiNode node, CertificateView certificate) =>
        (await node.Get<IStateStore>().FindAsync<CertificateState>(StateTypes.Certificate, certificate.Id, default))!.State.PublicKey;

    private sealed class ErrorLog : ILogger<CompromisedKeyReport>
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
            {
                Errors.Add(formatter(state, exception));
            }
        }
    }
}
