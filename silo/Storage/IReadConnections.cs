using System.Data.Common;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage;

/// <summary>Connections that only read; from a pool, given back by disposing.</summary>
internal interface IReadConnections
{
    /// <summary>Opens one.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Drops the connections that the pool holds: they may be dead.</summary>
    void ForgetPooled();

    /// <summary>Tells what a fault of the database means; a fault of another kind is returned as it is.</summary>
    Exception Translate(Exception exception);
}
