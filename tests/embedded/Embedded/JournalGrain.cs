using System.Collections.Concurrent;

namespace CodeSigning.Embedded.Tests.Embedded;

public interface IJournalled : IGrainWithStringKey
{
    Task Write(Step step);

    [ReadOnly]
    Task Read(Step step);

    [AlwaysInterleave]
    Task Interleave(Step step);
}

/// <summary>The journals of the grains of one host, by key.</summary>
public sealed class Journals
{
    private readonly ConcurrentDictionary<string, Journal> _journals = new();

    public Journal Of(string key) => _journals.GetOrAdd(key, static _ => new Journal());
}

public sealed class JournalGrain(Journals journals) : Grain, IJournalled
{
    private Journal Journal => journals.Of(this.GetPrimaryKeyString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Journal.Activated();
        await Task.Yield();
        Journal.Stretch();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Journal.Stretch();
        await Task.Yield();
        Journal.Deactivated();
    }

    public Task Write(Step step) => Run(step);

    public Task Read(Step step) => Run(step);

    public Task Interleave(Step step) => Run(step);

    private async Task Run(Step step)
    {
        Journal.Begin(step);
        Journal.Stretch();
        if (step.Ends)
            DeactivateOnIdle();
        for (var yields = 0; yields < step.Yields; yields++)
        {
            await (yields % 2 == 0 ? Task.Run(static () => { }) : Yielding());
            Journal.Stretch();
        }

        Journal.Finish(step);
    }

    private static async Task Yielding() => await Task.Yield();
}
