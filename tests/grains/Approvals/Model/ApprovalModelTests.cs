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
    private const int SequencesOfAHouse = 100;

    /// <summary>Silos that play side by side: while one waits for its disk, another goes on.</summary>
    private const int Houses = 3;

    /// <summary>How many sequences are played.</summary>
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_MODEL_SEQUENCES"), out var count) ? count : 300;

    /// <summary>Set to play again what failed; the seed of each house is the next number.</summary>
    private static readonly ulong Seed =
        ulong.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_MODEL_SEED"), out var seed) ? seed : (ulong)Random.Shared.NextInt64();

    [Fact]
    public async Task The_silo_does_what_the_model_does()
    {
        output.WriteLine($"{Sequences} sequences from seed {Seed}");
        var houses = (Sequences + SequencesOfAHouse - 1) / SequencesOfAHouse;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Houses };
        await Parallel.ForAsync(0, houses, parallel, async (number, _) =>
            await PlayAsync(Seed + (ulong)number, Math.Min(SequencesOfAHouse, Sequences - (number * SequencesOfAHouse))));
    }

    private static async Task PlayAsync(ulong seed, int sequences)
    {
        await using var house = await SigningHouse.OpenAsync();
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
