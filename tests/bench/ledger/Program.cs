// Usage: dotnet run -c Release --project tests/bench/ledger [seconds]
// Batches a second of the ledger's commit against those of a bare multi-row insert of the same rows, taken in turns so that
// both meet the same machine; and what 64 callers get through the writer.
using System.Diagnostics;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger.Bench;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Storage;

var seconds = args.Length > 0 ? double.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 4;
foreach (var postgreSql in new[] { false, true })
{
    foreach (var size in new[] { 1, 16, 64 })
    {
        await using var store = await BenchStore.OpenAsync(postgreSql);
        var (commits, bare) = await CompareAsync(store, size, TimeSpan.FromSeconds(seconds));
        Console.WriteLine($"{Name(postgreSql)}, {size,2} a batch: commit {commits,6:f0}/s, bare insert {bare,6:f0}/s, ratio {commits / bare:f2}");
    }

    await using var loaded = await BenchStore.OpenAsync(postgreSql);
    var (rate, processor) = await LoadAsync(loaded, 64, TimeSpan.FromSeconds(seconds));
    Console.WriteLine(
        $"{Name(postgreSql)}, 64 callers through the writer: {rate:f0} entries/s, {processor.TotalMicroseconds:f0} µs of this process's processor time each");
}

return;

static string Name(bool postgreSql) => postgreSql ? "PostgreSQL" : "SQLite    ";

static async Task<(double Commits, double Bare)> CompareAsync(BenchStore store, int size, TimeSpan duration)
{
    var commits = store.Get<ILedgerCommits>();
    var insert = await BareInsert.PrepareAsync(store);
    var stream = "str_bench";
    await commits.OpenStreamAsync(stream, "bench", CancellationToken.None);
    ProposalBuilder builder = new(stream, store.Get<IStateSealer>(), store.Get<ISecretSealer>(), store.Get<ILedgerKey>());
    var head = StreamHead.Empty;
    UseCount count = new(1, 0);
    TimeSpan committing = default, inserting = default;
    var batches = 0;
    for (var i = 0; committing + inserting < duration * 2; i++)
    {
        List<PendingElement> batch = [.. Enumerable.Range(0, size).Select(_ => PendingElement.Prepare(BenchStore.Signature()))];
        var started = Stopwatch.GetTimestamp();
        Dictionary<string, UseCount> counts = new() { ["gnt_1"] = count };
        UseAssignment uses = new(counts);
        uses.Assign(batch, []);
        var proposal = builder.Build(batch, counts, uses.After, head, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        var report = await commits.CommitAsync(proposal, CancellationToken.None);
        var afterCommit = Stopwatch.GetTimestamp();
        await insert(proposal);
        var afterInsert = Stopwatch.GetTimestamp();
        if (report.Status is not CommitStatus.Committed)
        {
            throw new InvalidOperationException($"The commit was {report.Status}.");
        }

        head = proposal.Next;
        count = new UseCount(count.Version + 1, uses.After["gnt_1"]);
        // The first batches pay for compiling and planning.
        if (i < 50)
        {
            continue;
        }

        batches++;
        committing += Stopwatch.GetElapsedTime(started, afterCommit);
        inserting += Stopwatch.GetElapsedTime(afterCommit, afterInsert);
    }

    return (batches / committing.TotalSeconds, batches / inserting.TotalSeconds);
}

static async Task<(double Rate, TimeSpan Processor)> LoadAsync(BenchStore store, int callers, TimeSpan duration)
{
    var committed = 0L;
    var processor = Process.GetCurrentProcess().TotalProcessorTime;
    var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
    await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
    {
        while (Stopwatch.GetTimestamp() < until)
        {
            if (await store.Ledger.CommitAsync(BenchStore.Signature(), CancellationToken.None) is not CommitOutcome.Committed)
            {
                throw new InvalidOperationException("Something was refused.");
            }

            Interlocked.Increment(ref committed);
        }
    })));
    processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
    return (committed / duration.TotalSeconds, processor / committed);
}
