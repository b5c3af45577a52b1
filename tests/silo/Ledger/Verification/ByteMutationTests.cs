using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>No byte of an export can change unseen.</summary>
public sealed class ByteMutationTests() : StoreSuite(DatabaseKind.Sqlite)
{
    [Theory]
    [InlineData(0x01)]
    [InlineData(0x20)]
    public async Task Change_of_any_one_byte_is_found(byte mask)
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await Node.CheckpointAsync();
        var export = await Node.ExportAsync();
        Assert.True((await Node.VerifyAsync(export)).Intact);

        using VerificationKeys keys = new();
        keys.Add(Node.Get<ILedgerKey>().PublicKey.Span);
        List<int> unseen = [];
        for (var i = 0; i < export.Length; i++)
        {
            export[i] ^= mask;
            using MemoryStream file = new(export);
            if ((await LedgerVerifier.VerifyAsync(file, keys, [], CancellationToken.None)).Intact)
            {
                unseen.Add(i);
            }

            export[i] ^= mask;
        }

        Assert.Empty(unseen);
    }
}
