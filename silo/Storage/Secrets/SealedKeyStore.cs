using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Storage.Secrets;

/// <summary>
/// Reads sealed keys for the vault. A row's seal is not looked at: the key that seals rows is itself among them, and each
/// record is authenticated, with its name and purpose, under the master key.
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
