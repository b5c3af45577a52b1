using System.Security.Cryptography;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Imports;

/// <summary>
/// How often a key was brought in, under the SHA-256 of its SubjectPublicKeyInfo. It is written in the commit of every
/// import, so that of two imports of one key at the same time the second is decided again. Which certificates share the key
/// their own rows tell: keys of before this row was kept have none.
/// </summary>
/// <param name="Imports">How often.</param>
public sealed record ImportedKeyState(long Imports) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;

    /// <summary>The write that counts one more import of a key, as it was counted when this is called.</summary>
    internal static async Task<StateWrite> CountOneMoreAsync(
        IStateStore store, ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(publicKey.Span));
        return await store.FindAsync<ImportedKeyState>(StateTypes.ImportedKey, id, cancellationToken) is { } row
            ? row.Replace(new ImportedKeyState(row.State.Imports + 1))
            : StateWrite.New(StateTypes.ImportedKey, id, new ImportedKeyState(1));
    }
}
