using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Housekeeping;
using CodeSigning.Silo.Tests.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>What metrics tell of the store: what was counted last, and nothing before that.</summary>
public abstract class StoreCensusContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const string PendingRequests = "codesigning.requests.pending";
    private const string Expiring = "codesigning.certificates.expiring";
    private const string FirstExpiry = "codesigning.certificates.first_expiry.timestamp";

    private protected override Task<TestNode> StartNodeAsync() =>
        TestNode.StartAsync(Database, Time, services => services.AddMetrics());

    [Fact]
    public async Task Pending_requests_are_counted_without_expired_ones()
    {
        await PutAsync(StateTypes.ApprovalRequest, "req_1", "pending", TimeSpan.FromDays(1));
        await PutAsync(StateTypes.ApprovalRequest, "req_2", "pending", TimeSpan.FromHours(1));
        await PutAsync(StateTypes.ApprovalRequest, "req_3", "approved", null);
        Assert.Equal(2, (await CountAsync())[PendingRequests]);

        await AdvanceAsync(TimeSpan.FromHours(2));

        Assert.Equal(1, (await CountAsync())[PendingRequests]);
    }

    [Fact]
    public async Task Active_certificates_are_counted_by_their_end()
    {
        await PutAsync(StateTypes.Certificate, "crt_1", "active", TimeSpan.FromDays(-1));
        await PutAsync(StateTypes.Certificate, "crt_2", "active", TimeSpan.FromDays(29));
        await PutAsync(StateTypes.Certificate, "crt_3", "active", TimeSpan.FromDays(31));
        await PutAsync(StateTypes.Certificate, "crt_4", "revoked", TimeSpan.FromDays(2));
        await PutAsync(StateTypes.CertificateAuthority, "ca_1", "active", TimeSpan.FromDays(400));

        var found = await CountAsync();

        Assert.Equal(1, found[Expiring + "/signing"]);
        Assert.Equal(0, found[Expiring + "/ca"]);
        Assert.Equal((Time.GetUtcNow() + TimeSpan.FromDays(29)).ToUnixTimeSeconds(), found[FirstExpiry + "/signing"]);
        Assert.Equal((Time.GetUtcNow() + TimeSpan.FromDays(400)).ToUnixTimeSeconds(), found[FirstExpiry + "/ca"]);
    }

    [Fact]
    public async Task Certificate_counts_by_end_of_a_ca_above_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=External CA", key, HashAlgorithmName.SHA256);
        var now = Time.GetUtcNow();
        using var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(10));
        var certificate = new CertificateState
        {
            Id = "crt_1",
            Stage = new CertificateStage.Active(
                new ChainedCertificate("", authority.ExportCertificatePem(), "01", "aa", now.AddDays(-1), now.AddDays(300))),
        };
        await PutAsync(StateTypes.Certificate, "crt_2", "active", TimeSpan.FromDays(200));
        await CommitSurelyAsync(new LedgerElement { Writes = [StateWrite.New(StateTypes.Certificate, "crt_1", certificate)] });

        var found = await CountAsync();

        Assert.Equal(1, found[Expiring + "/signing"]);
        Assert.Equal(new DateTimeOffset(authority.NotAfter).ToUnixTimeSeconds(), found[FirstExpiry + "/signing"]);
    }

    [Fact]
    public async Task Census_reports_nothing_before_first_count_or_without_certificates()
    {
        _ = Node.Get<StoreCensus>();
        Assert.Empty(Observe());

        Assert.DoesNotContain(await CountAsync(), found => found.Key.StartsWith(FirstExpiry, StringComparison.Ordinal));
    }

    private async Task PutAsync(string type, string id, string status, TimeSpan? ends) => await CommitSurelyAsync(new LedgerElement
    {
        Writes = [Elements.Write(type, id, 0, "{}", new StateIndex(Status: status, Until: Time.GetUtcNow() + ends))],
    });

    private async Task<Dictionary<string, long>> CountAsync()
    {
        await Node.Get<StoreCensus>().CountAsync(CancellationToken.None);
        return Observe();
    }

    private Dictionary<string, long> Observe()
    {
        Dictionary<string, long> found = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == StoreCensus.MeterName && instrument.Meter.Scope == Node.Get<IMeterFactory>())
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            found.Add(tags.IsEmpty ? instrument.Name : $"{instrument.Name}/{tags[0].Value}", value));
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }
}

public sealed class SqliteStoreCensus() : StoreCensusContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlStoreCensus() : StoreCensusContract(DatabaseKind.PostgreSql);
