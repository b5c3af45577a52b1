using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CodeSigning.Gateway.Hosting;

/// <summary>
/// Has the HTTP server's buffers zeroed before they are used again: passwords, tokens and keys pass through them, of every connection
/// and every version of HTTP.
/// </summary>
internal static class ClearedBuffers
{
    /// <summary>Replaces the server's pools of buffers by such as zero them.</summary>
    public static IServiceCollection ClearBuffers(this IServiceCollection services)
    {
        var server = services.Last(service => service.ServiceType == typeof(IMemoryPoolFactory<byte>));
        return services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>>(provider => new Factory(
            (IMemoryPoolFactory<byte>)(server.ImplementationInstance
                ?? server.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, server.ImplementationType!)))));
    }

    private sealed class Factory(IMemoryPoolFactory<byte> inner) : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(inner.Create(options));
    }

    private sealed class Pool(MemoryPool<byte> inner) : MemoryPool<byte>
    {
        public override int MaxBufferSize => inner.MaxBufferSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Buffer(inner.Rent(minBufferSize));

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }
        }
    }

    private sealed class Buffer(IMemoryOwner<byte> inner) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => inner.Memory;

        public void Dispose()
        {
            CryptographicOperations.ZeroMemory(inner.Memory.Span);
            inner.Dispose();
        }
    }
}
