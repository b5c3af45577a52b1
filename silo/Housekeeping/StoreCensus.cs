using System.Diagnostics.Metrics;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Housekeeping;

/// <summary>
/// Counts in the store what an operator may have to act on, for <c>/metrics</c>. A scrape is told what was counted last, and
/// nothing where that failed. All nodes of a cluster count the same.
/// </summary>
internal sealed class StoreCensus : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "CodeSigning.Store";

    private const string Pending = "pending";
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);
    private static readonly (string Type, string Kind)[] CertificateKinds =
        [(StateTypes.Certificate, "signing"), (StateTypes.CertificateAuthority, "ca")];

    private readonly IReadConnections _connections;
    private readonly ChainEnds _chainEnds;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private volatile Counts? _last;

    public StoreCensus(IReadConnections connections, TimeProvider time, IMeterFactory? factory = null)
    {
        (_connections, _time, _chainEnds) = (connections, time, new ChainEnds(connections));
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _meter.CreateObservableGauge(
            "codesigning.requests.pending", () => Observe(counts => [new(counts.PendingRequests)]), "{request}", "Requests that wait for approval.");
        _meter.CreateObservableGauge(
            "codesigning.certificates.expiring", () => Observe(counts => counts.Certificates.Select(kind => Of(kind, kind.Expiring))),
            "{certificate}", "Active certificates that end within 30 days.");
        _meter.CreateObservableGauge(
            "codesigning.certificates.first_expiry.timestamp",
            () => Observe(counts => counts.Certificates.Where(kind => kind.FirstEndMs is not null).Select(kind => Of(kind, kind.FirstEndMs!.Value / 1000))),
            "s", "When the first of the active certificates ends, in seconds since 1970.");
    }

    /// <summary>Counts anew.</summary>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = _time.GetUtcNow();
            List<CertificateCount> certificates = [];
            foreach (var (type, kind) in CertificateKinds)
            {
                certificates.Add(await CountCertificatesAsync(type, kind, now, cancellationToken));
            }

            certificates[0] = certificates[0].With(await _chainEnds.ReadAsync(cancellationToken), now);

            _last = new Counts(await CountPendingAsync(now, cancellationToken), certificates);
        }
        catch
        {
            _last = null;
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    // That a request has expired, the clock says and not the row.
    private async Task<long> CountPendingAsync(DateTimeOffset now, CancellationToken cancellationToken) => (await _connections.QueryAsync(
        "SELECT count(*) FROM states WHERE type = @a AND status = @b AND until_ms > @c",
        reader => reader.GetInt64(0), cancellationToken, StateTypes.ApprovalRequest, Pending, LedgerTime.ToMilliseconds(now)))[0];

    private async Task<CertificateCount> CountCertificatesAsync(
        string type, string kind, DateTimeOffset now, CancellationToken cancellationToken) => (await _connections.QueryAsync(
        """
        SELECT
            (SELECT min(until_ms) FROM states WHERE type = @a AND status = @b AND until_ms > @c),
            (SELECT count(*) FROM states WHERE type = @a AND status = @b AND until_ms > @c AND until_ms < @d)
        """,
        reader => new CertificateCount(kind, reader.IsDBNull(0) ? null : reader.GetInt64(0), reader.GetInt64(1)),
        cancellationToken, type, CertificateWords.Active, LedgerTime.ToMilliseconds(now), LedgerTime.ToMilliseconds(now + Soon)))[0];

    private IEnumerable<Measurement<long>> Observe(Func<Counts, IEnumerable<Measurement<long>>> measure) =>
        _last is { } counts ? measure(counts) : [];

    private static Measurement<long> Of(CertificateCount count, long value) =>
        new(value, new KeyValuePair<string, object?>("kind", count.Kind));

    private sealed record Counts(long PendingRequests, IReadOnlyList<CertificateCount> Certificates);

    private sealed record CertificateCount(string Kind, long? FirstEndMs, long Expiring)
    {
        /// <summary>The count with certificates that end with a CA above them, which were counted by their own ends.</summary>
        public CertificateCount With(IReadOnlyList<(DateTimeOffset Own, DateTimeOffset WithChain)> ends, DateTimeOffset now)
        {
            var first = ends.Where(end => end.WithChain > now).Select(end => (long?)LedgerTime.ToMilliseconds(end.WithChain)).Min();
            return this with
            {
                FirstEndMs = first < FirstEndMs || FirstEndMs is null ? first ?? FirstEndMs : FirstEndMs,
                Expiring = Expiring + ends.Count(end => IsSoon(end.WithChain)) - ends.Count(end => IsSoon(end.Own)),
            };

            bool IsSoon(DateTimeOffset end) => end > now && end < now + Soon;
        }
    }
}
