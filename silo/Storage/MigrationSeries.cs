namespace CodeSigning.Silo.Storage;

/// <summary>Steps of the schema that are numbered for themselves.</summary>
/// <param name="Folder">The folder of this project that holds its <c>Migrations</c>.</param>
/// <param name="VersionTable">The table that notes which of them were applied.</param>
internal sealed record MigrationSeries(string Folder, string VersionTable);
