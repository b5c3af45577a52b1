using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;
using Microsoft.AspNetCore.DataProtection;

namespace CodeSigning.Gateway.Auth;

/// <summary>
/// The framework's data protection (antiforgery, the state of a sign-in) under the cluster's own secret, which is in the
/// store, sealed under the master key. Every node opens what another made, from the first start on.
/// </summary>
/// <remarks>
/// The framework's key ring would need days before a new key counts on all nodes, and two nodes that start at once would make
/// one each. Here each content has a key of its own (AES-256-GCM, derived from the secret), so that none needs renewal.
/// </remarks>
internal sealed class SealedDataProtection : IDataProtector
{
    // Never change it: what was protected before could not be opened.
    private const string Application = "codesigning data protection";

    private readonly ISecretSealer _sealer;
    private readonly byte[] _purposes;

    public SealedDataProtection(ISecretSealer sealer)
        : this(sealer, Append([], Application))
    {
    }

    private SealedDataProtection(ISecretSealer sealer, byte[] purposes)
    {
        _sealer = sealer;
        _purposes = purposes;
    }

    /// <inheritdoc/>
    public IDataProtector CreateProtector(string purpose) => new SealedDataProtection(_sealer, Append(_purposes, purpose));

    /// <inheritdoc/>
    public byte[] Protect(byte[] plaintext) => _sealer.Seal(plaintext, _purposes);

    /// <inheritdoc/>
    /// <exception cref="CryptographicException">It was altered, or protected for another purpose or by another cluster.</exception>
    public byte[] Unprotect(byte[] protectedData) => _sealer.TryOpen(protectedData, _purposes, out var plaintext)
        ? plaintext
        : throw new CryptographicException("The protected data was altered, or protected for another purpose or by another cluster.");

    // Each purpose has its length before it, so that no two chains of purposes are written alike.
    private static byte[] Append(byte[] purposes, string purpose)
    {
        var text = Encoding.UTF8.GetBytes(purpose);
        var next = new byte[purposes.Length + sizeof(int) + text.Length];
        purposes.CopyTo(next, 0);
        BinaryPrimitives.WriteInt32BigEndian(next.AsSpan(purposes.Length), text.Length);
        text.CopyTo(next, purposes.Length + sizeof(int));
        return next;
    }
}

/// <summary>Registers data protection.</summary>
internal static class DataProtectionServices
{
    /// <summary>
    /// Puts <see cref="SealedDataProtection"/> in the place of the framework's, which others have registered before. The
    /// framework would make a key ring in a file of this node at the start.
    /// </summary>
    public static void SealDataProtection(this IServiceCollection services)
    {
        var framework = typeof(DataProtectionServiceCollectionExtensions).Assembly;
        var starters = services
            .Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Assembly == framework)
            .ToArray();
        foreach (var starter in starters)
        {
            services.Remove(starter);
        }

        services.AddSingleton<IDataProtectionProvider, SealedDataProtection>();
    }
}
