using System.Text.Json;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Secrets;

/// <summary>
/// Reads sealed keys for the vault. Row seals are not verified here, since the sealing key is itself among them; each
/// record is authenticated, with its id and purpose, by the master key.
/// </summary>
internal sealed class SealedKeyStore(IReadConnections connections) : ISealedKeyStore
{
    public async Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT content FROM states WHERE type = @a AND id = @b",
            reader => reader.GetFieldValue<byte[]>(0), cancellationToken, StateTypes.Key, SealedKeyStates.Id(reference));
        return rows.Count == 0 ? null : SealedKeyStates.Read(rows[0]);
    }
}

/// <summary>The vault's sealed keys as states, written in the commit of the state that refers to the key.</summary>
public static class SealedKeyStates
{
    private const string Member = "sealed";

    /// <summary>The id of a key's state: the key's id, with its version if not 1.</summary>
    public static string Id(KeyReference reference) => reference.Version == 1 ? reference.Id : $"{reference.Id}.{reference.Version}";

    /// <summary>The write that puts a record in place of the one of a row.</summary>
    public static StateWrite Replace(StoredState row, SealedKey key) => Write(key) with { ExpectedVersion = row.Version };

    /// <summary>The write that stores a new key.</summary>
    public static StateWrite Write(SealedKey key) => new(
        StateTypes.Key,
        Id(key.Reference),
        ExpectedVersion: 0,
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, byte[]> { [Member] = key.ToBytes() }),
        IndexOf(key));

    /// <summary>The state type of keys, for verification.</summary>
    internal static StateKind Kind { get; } = new(StateTypes.Key, content => IndexOf(Read(content.ToArray())));

    /// <summary>Reads a key's state.</summary>
    internal static SealedKey Read(byte[] content)
    {
        using var document = JsonDocument.Parse(content);
        return SealedKey.FromBytes(document.RootElement.GetProperty(Member).GetBytesFromBase64());
    }

    private static StateIndex IndexOf(SealedKey key) => new(Status: key.Purpose.ToString());
}
