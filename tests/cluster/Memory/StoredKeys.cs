using System.Security.Cryptography;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Cluster.Tests.Memory;

/// <summary>The private keys of an SQLite store, opened with its master key.</summary>
internal sealed class StoredKeys : IDisposable
{
    private readonly List<(string Name, AsymmetricAlgorithm Key)> _keys = [];

    public StoredKeys(string dataDirectory)
    {
        using var master = new MasterKeySource(null, dataDirectory).Load(storeIsEmpty: false);
        KeySealer sealer = new(master);
        foreach (var record in Read(Path.Combine(dataDirectory, "codesigning.db")).Where(record => record.Purpose == KeyPurpose.CodeSigning))
        {
            using var content = sealer.Open(record, record.Reference, record.Purpose);
            AsymmetricAlgorithm key = content.Length > 256 ? RSA.Create() : ECDsa.Create();
            key.ImportPkcs8PrivateKey(content.Span, out _);
            _keys.Add(($"{record.Algorithm} {record.Reference.Id} of the store", key));
        }
    }

    /// <summary>What each key is called.</summary>
    public IEnumerable<string> Names => _keys.Select(key => key.Name);

    /// <summary>What gives the keys away.</summary>
    public IEnumerable<Secret> Secrets => _keys.SelectMany(key => Secret.OfKey(key.Name, key.Key));

    public void Dispose() => _keys.ForEach(key => key.Key.Dispose());

    private static List<SealedKey> Read(string file)
    {
        using SqliteConnection connection = new($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT content FROM states WHERE type = 'key'";
        using var reader = command.ExecuteReader();
        List<SealedKey> keys = [];
        while (reader.Read())
        {
            keys.Add(SealedKeyStates.Read(System.Text.Encoding.UTF8.GetBytes(reader.GetString(0))));
        }

        return keys;
    }
}
