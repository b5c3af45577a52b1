using CodeSigning.Grains.Ledger;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>A ledger before whose first commit somebody else is quicker.</summary>
internal sealed class MeddledLedger(ILedger real, Func<Task> meddle) : ILedger
{
    private bool _isMeddledWith;

    public async ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken)
    {
        if (!_isMeddledWith)
        {
            await meddle();
        }

        _isMeddledWith = true;
        return await real.CommitAsync(element, cancellationToken);
    }
}
