using CodeSigning.Grains.Tests.Hosting;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Xunit;
using Xunit.Abstractions;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>
/// Random sequences of what people do, played in the silo and in a small model of it. The seed of each run is printed; a
/// failure is shrunk to a short sequence.
/// </summary>
public sealed class ApprovalModelTests(ITestOutputHelper output)
{
    private const int SequencesOfAHouse = 500;

    /// <summary>How many sequences are played: CI says ten thousand.</summary>
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_MODEL_SEQUENCES"), out var count) ? count : 500;

    /// <summary>To play again what failed.</summary>
    private static readonly ulong? Seed =
        ulong.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_MODEL_SEED"), out var seed) ? seed : null;

    [Fact]
    public async Task The_silo_does_what_the_model_does()
    {
        for (var played = 0; played < Sequences; played += SequencesOfAHouse)
        {
            await PlayAsync(Math.Min(SequencesOfAHouse, Sequences - played));
        }
    }

    private async Task PlayAsync(int sequences)
    {
        await using var house = await SigningHouse.OpenAsync();
        var seed = Seed ?? (ulong)Random.Shared.NextInt64();
        output.WriteLine($"{sequences} sequences from seed {seed}");
        Check.One(
            Config.QuickThrowOnFailure
                .WithMaxTest(sequences)
                .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None))),
            Prop.ForAll(Acts.Sequences, async acts =>
            {
                var stage = await ModelStage.SetAsync(house);
                await new ModelRun(stage).PlayAsync(acts);
            }));
    }
}
