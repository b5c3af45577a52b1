using CodeSigning.Silo.Ledger.HighWater;
using CodeSigning.Silo.Ledger.Writing;

namespace CodeSigning.Silo.Ledger;

/// <summary>The ledger can be written while its writer takes elements and the store has not gone back under it.</summary>
internal sealed class LedgerHealth(LedgerWriter writer, HighWaterWatch highWater) : ILedgerHealth
{
    public bool IsWritable => Reason is null;

    public string? Reason => highWater.WentBack is { IsCompletedSuccessfully: true } wentBack ? wentBack.Result : writer.Reason;

    public Task Broken { get; } = Task.WhenAny(writer.Broken, highWater.WentBack);
}
