using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Grains.Tests.Hosting.Memory;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Xunit;
using Xunit.Abstractions;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>
/// Random sequences of what people do, played in the product and in a small model of it: many in memory, some on the silo. The
/// seed of each run is printed; a failure is shrunk to a short sequence.
/// </summary>
public sealed class ApprovalModelTests(ITestOutputHelper output)
{
    private const int SequencesInMemory = 10_000;
    private const int SequencesOnSilo = 300;

    /// <summary>Silos that play side by side: while one waits for its disk, another goes on.</summary>
    private const int Silos = 3;

    /// <summary>How many sequences are played, where not as many as usual.</summary>
    private static readonly int? Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_MODEL_SEQUENCES"), out var count) ? count : null;

    /// <summary>Set to play again what failed; the seed of each house is the next number.</summary>
    private static readonly ulong Seed =
        ulong.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_MODEL_SEED"), out var seed) ? seed : (ulong)Random.Shared.NextInt64();

    [Fact]
    public Task Services_in_memory_match_the_model() => PlayAsync(
        Sequences ?? SequencesInMemory,
        sequencesOfHouse: 20,
        Environment.ProcessorCount,
        number => SigningHouse.OpenAsync(new MemoryGround(remind: number % 2 == 0)));

    [Fact]
    public Task Silo_matches_the_model() => PlayAsync(
        Sequences ?? SequencesOnSilo, sequencesOfHouse: 100, Silos, _ => SigningHouse.OpenAsync());

    private async Task PlayAsync(int sequences, int sequencesOfHouse, int atOnce, Func<int, Task<SigningHouse>> open)
    {
        output.WriteLine($"{sequences} sequences from seed {Seed}");
        var opened = -1;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Factory.StartNew(
            PlayHouses, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        // FsCheck waits for each sequence: on a thread of its own, since silos need those of the pool.
        void PlayHouses()
        {
            int first;
            int number;
            while ((first = (number = Interlocked.Increment(ref opened)) * sequencesOfHouse) < sequences)
            {
                var house = open(number).GetAwaiter().GetResult();
                try
                {
                    Play(house, Seed + (ulong)number, Math.Min(sequencesOfHouse, sequences - first));
                }
                finally
                {
                    house.DisposeAsync().AsTask().GetAwaiter().GetResult();
                }
            }
        }
    }

    private static void Play(SigningHouse house, ulong seed, int sequences) => Check.One(
        Config.QuickThrowOnFailure
            .WithMaxTest(sequences)
            .WithQuietOnSuccess(true)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None))),
        Prop.ForAll(Acts.Sequences, async acts =>
        {
            var stage = await ModelStage.SetAsync(house);
            await new ModelRun(stage).PlayAsync(acts);
        }));
}
