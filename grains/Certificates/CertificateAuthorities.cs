using System.Collections.Immutable;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>Reads internal CAs fresh from the store, with their versions.</summary>
public sealed class CertificateAuthorities(IStateStore store)
{
    /// <summary>The CA and all above it; null where there is no such CA.</summary>
    /// <exception cref="StateTamperedException">One above it is gone, which the service never lets happen.</exception>
    public async Task<IssuerLine?> ReadLineAsync(string caId, CancellationToken cancellationToken)
    {
        var line = ImmutableArray.CreateBuilder<KnownAuthority>();
        for (var next = caId; next is not null; next = line[^1].State.ParentId)
        {
            var stored = await store.ReadAsync(StateTypes.CertificateAuthority, next, cancellationToken);
            if (stored is null && line.Count == 0)
                return null;
            if (stored is null || line.Count == CertificateRules.DeepestLine)
                throw new StateTamperedException(StateTypes.CertificateAuthority, next);
            line.Add(new KnownAuthority(stored.ReadAs<CertificateAuthorityState>(), stored.Version));
        }

        return new IssuerLine(line.DrainToImmutable());
    }

    /// <summary>The line of a certificate that is stored; empty for one from outside.</summary>
    /// <exception cref="StateTamperedException">A CA is gone, which the service never lets happen.</exception>
    public async Task<IssuerLine> ReadLineOfAsync(CertificateState certificate, CancellationToken cancellationToken) =>
        certificate.CaId is not { } caId
            ? IssuerLine.None
            : await ReadLineAsync(caId, cancellationToken)
              ?? throw new StateTamperedException(StateTypes.CertificateAuthority, caId);
}
