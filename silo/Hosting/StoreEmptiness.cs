using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Hosting;

/// <summary>Tells whether a store holds nothing yet, so that making a new master key loses nothing.</summary>
internal static class StoreEmptiness
{
    public static bool Of(NodeSettings settings) =>
        settings.PostgreSql is null && !File.Exists(new StorageOptions { DataDirectory = settings.DataDirectory }.SqliteFile);
}
