using CodeSigning.Embedded.Tests.Hosting;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Embedded.Tests.Embedded;

/// <summary>What holds for any mixture of calls by any number of callers, while activations come and go.</summary>
public sealed class SchedulingProperties
{
    private static readonly Gen<Step> Steps =
        from kind in Gen.Elements(CallKind.Write, CallKind.Read, CallKind.Interleave)
        from yields in Gen.Choose(0, 3)
        from ends in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new Step(0, 0, kind, yields, ends);

    private static readonly Arbitrary<Step[][]> Programs = Gen.Choose(1, 6)
        .SelectMany(static callers => Gen.Choose(1, 25).ArrayOf(callers))
        .SelectMany(static lengths => Gen.CollectToArray(lengths.Select(static length => Steps.ArrayOf(length)).ToArray()))
        .Select(static callers => callers
            .Select(static (steps, caller) => steps.Select((step, number) => step with { Caller = caller, Number = number }).ToArray())
            .ToArray())
        .ToArbitrary();

    [Fact]
    public async Task Calls_never_collide_are_never_lost_and_keep_their_order()
    {
        var journals = new Journals();
        await using var host = await RunningHost.Start(new HostSettings { AlsoAdd = services => services.AddSingleton(journals) });
        var number = 0;

        await Task.Run(() => Prop.ForAll(Programs, program =>
        {
            var key = $"run {number++}";
            Run(host.Grains.GetGrain<IJournalled>(key), program).Wait(TimeSpan.FromSeconds(30));
            var problems = Problems(journals.Of(key), program);
            return (problems.Length == 0).Label(problems);
        }).QuickCheckThrowOnFailure());
    }

    /// <summary>Callers send at once; half of them wait for each answer, half do not.</summary>
    private static Task Run(IJournalled grain, Step[][] program) => Task.WhenAll(program.Select((steps, caller) => Task.Run(async () =>
    {
        List<Task> sent = [];
        foreach (var step in steps)
        {
            var call = Send(grain, step);
            sent.Add(call);
            if (caller % 2 == 0)
                await call;
        }

        await Task.WhenAll(sent);
    })));

    private static Task Send(IJournalled grain, Step step) => step.Kind switch
    {
        CallKind.Write => grain.Write(step),
        CallKind.Read => grain.Read(step),
        _ => grain.Interleave(step),
    };

    private static string Problems(Journal journal, Step[][] program)
    {
        var faults = journal.Faults.ToList();
        var started = journal.Calls.Where(static call => call.IsStart).Select(static call => call.Step).ToList();
        if (!started.ToHashSet().SetEquals(program.SelectMany(static steps => steps)) || started.Count != program.Sum(static steps => steps.Length))
            faults.Add("a call was lost or ran twice");
        foreach (var group in started.GroupBy(static step => (step.Caller, step.Kind)))
            if (!group.Select(static step => step.Number).SequenceEqual(group.Select(static step => step.Number).Order()))
                faults.Add($"{group.Key.Kind} calls of caller {group.Key.Caller} changed their order");
        return string.Join("; ", faults);
    }
}
