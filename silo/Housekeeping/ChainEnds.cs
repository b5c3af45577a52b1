using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Housekeeping;

/// <summary>
/// The certificates that end with an external CA above them, earlier than they do themselves. No column has that, so their
/// rows are read again whenever one of them has changed.
/// </summary>
internal sealed class ChainEnds(IReadConnections connections)
{
    private (long Count, long Versions, string? Last)? _read;
    private IReadOnlyList<(DateTimeOffset Own, DateTimeOffset WithChain)> _ends = [];

    /// <summary>The ends of such certificates (UTC), active ones alone.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset Own, DateTimeOffset WithChain)>> ReadAsync(CancellationToken cancellationToken)
    {
        var actual = (await connections.QueryAsync(
            "SELECT count(*), CAST(coalesce(sum(version), 0) AS bigint), max(id) FROM states WHERE type = @a AND status = @b AND parent IS NULL",
            reader => (reader.GetInt64(0), reader.GetInt64(1), reader.GetText(2)),
            cancellationToken, StateTypes.Certificate, CertificateWords.Active))[0];
        if (_read != actual)
        {
            var all = await connections.QueryAsync(
                "SELECT content FROM states WHERE type = @a AND status = @b AND parent IS NULL",
                reader => EndOf(StateJson.Read<CertificateState>(reader.GetFieldValue<byte[]>(0))),
                cancellationToken, StateTypes.Certificate, CertificateWords.Active);
            (_ends, _read) = ([.. all.Where(end => end.WithChain < end.Own)], actual);
        }

        return _ends;
    }

    private static (DateTimeOffset Own, DateTimeOffset WithChain) EndOf(CertificateState certificate) =>
        certificate is { Issued: { } issued, Usable: { } usable } ? (issued.NotAfter, usable.NotAfter) : default;
}
