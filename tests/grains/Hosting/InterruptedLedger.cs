using CodeSigning.Grains.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>Has something happen once, between a decision and its commit or between the commit and its answer.</summary>
internal sealed class InterruptedLedger
{
    private (string Action, bool Before, Func<Task> Happens)? _interruption;

    /// <summary>What was committed with an entry, in its order.</summary>
    public List<LedgerElement> Committed { get; } = [];

    /// <summary>Has it happen before the next commit of an entry of this action.</summary>
    public void Before(string action, Func<Task> happens) => _interruption = (action, true, happens);

    /// <summary>Has it happen after the next commit of an entry of this action, before its caller hears of it.</summary>
    public void After(string action, Func<Task> happens) => _interruption = (action, false, happens);

    /// <summary>Stands before the ledger of a house.</summary>
    public void Install(IServiceCollection services)
    {
        var ledger = services.Last(service => service.ServiceType == typeof(ILedger)).ImplementationFactory!;
        services.AddSingleton<ILedger>(provider => new Ledger((ILedger)ledger(provider), this));
    }

    private async Task InterruptAsync(LedgerElement element, bool before)
    {
        if (_interruption is { } interruption && interruption.Before == before && element.Entry?.Action == interruption.Action)
        {
            _interruption = null;
            await interruption.Happens();
        }
    }

    private sealed class Ledger(ILedger ledger, InterruptedLedger interruption) : ILedger
    {
        public async ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken)
        {
            await interruption.InterruptAsync(element, before: true);
            var outcome = await ledger.CommitAsync(element, cancellationToken);
            if (outcome is CommitOutcome.Committed && element.Entry is not null)
            {
                lock (interruption.Committed)
                {
                    interruption.Committed.Add(element);
                }
            }

            await interruption.InterruptAsync(element, before: false);
            return outcome;
        }
    }
}
