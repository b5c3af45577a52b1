using System.Text;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>What an auditor does: export, keep checkpoints, verify elsewhere.</summary>
internal static class LedgerAudit
{
    public static async Task<byte[]> ExportAsync(this TestNode node, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        using MemoryStream file = new();
        await node.Get<ILedgerExport>().WriteAsync(file, from, to, CancellationToken.None);
        return file.ToArray();
    }

    /// <summary>Makes a checkpoint and takes it away.</summary>
    public static async Task<string> CheckpointAsync(this TestNode node)
    {
        await node.Get<CheckpointWriter>().WriteAsync(CancellationToken.None);
        return (await node.Get<ICheckpoints>().ListAsync(null, 1, CancellationToken.None))[0].Text;
    }

    public static async Task<VerificationReport> VerifyAsync(this TestNode node, byte[] export, params string[] kept)
    {
        using VerificationKeys keys = new();
        keys.Add(node.Get<ILedgerKey>().PublicKey.Span);
        using MemoryStream file = new(export);
        return await LedgerVerifier.VerifyAsync(
            file, keys, kept.Select(text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text))), CancellationToken.None);
    }

    public static Task<VerificationReport> VerifyOnlineAsync(this TestNode node, bool full = false) =>
        node.Get<ILedgerVerification>().VerifyAsync(full, CancellationToken.None);
}
