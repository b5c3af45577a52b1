namespace CodeSigning.Silo.Storage;

/// <summary>Brings the schema up to what this version needs. Several nodes may start at once.</summary>
internal interface IMigrator
{
    /// <summary>Applies the migrations that are missing, each once.</summary>
    /// <exception cref="InvalidOperationException">The schema is of a newer version of the product.</exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}
