using System.Diagnostics;
using CodeSigning.Embedded.Bench;
using CodeSigning.Embedded.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// Measures what a call and an idle grain cost on the embedded host. Run it in Release on a machine with nothing else to do:
//   dotnet run -c Release --project tests/bench/embedded
var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddEmbeddedGrains(configure: null, typeof(NoopGrain).Assembly);
using var host = builder.Build();
await host.StartAsync();
var grains = host.Services.GetRequiredService<IGrainFactory>();
var noop = grains.GetGrain<INoop>("one");
var worker = grains.GetGrain<IWorker>(0);

for (var round = 0; round < 3; round++)
{
    await OneCaller("no-op call", 1_000_000, noop.Call);
    await OneCaller("call with argument and result", 1_000_000, () => noop.Add(1));
    await OneCaller("call that yields", 1_000_000, noop.YieldOnce);
    await OneCaller("call to a reentrant stateless worker", 1_000_000, worker.Call);
    await ManyCallers("callers on one grain", 64, 4_000_000, _ => noop.Call);
    await ManyCallers("callers on grains of their own", 64, 4_000_000, caller => grains.GetGrain<INoop>($"of {caller}").Call);
    await ManyCallers("callers on a reentrant stateless worker", 64, 4_000_000, _ => worker.Call);
}

await BytesOfIdleGrain();
await host.StopAsync();

static async Task OneCaller(string what, int calls, Func<Task> call)
{
    var allocated = GC.GetTotalAllocatedBytes();
    var watch = Stopwatch.StartNew();
    for (var i = 0; i < calls; i++)
        await call();
    watch.Stop();
    allocated = GC.GetTotalAllocatedBytes() - allocated;
    Console.WriteLine($"{what}: {watch.Elapsed.TotalNanoseconds / calls:F0} ns, {allocated / calls} bytes");
}

static async Task ManyCallers(string what, int callers, int calls, Func<int, Func<Task>> callOf)
{
    var watch = Stopwatch.StartNew();
    await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
    {
        var call = callOf(caller);
        for (var i = 0; i < calls / callers; i++)
            await call();
    })));
    Console.WriteLine($"{callers} {what}: {calls / watch.Elapsed.TotalSeconds:N0} calls/s");
}

async Task BytesOfIdleGrain()
{
    const int Count = 100_000;
    var keys = Enumerable.Range(0, Count).Select(static number => $"idle {number}").ToArray();
    var before = GC.GetTotalMemory(forceFullCollection: true);
    foreach (var key in keys)
        await grains.GetGrain<INoop>(key).Call();
    Console.WriteLine($"an idle grain: {(GC.GetTotalMemory(forceFullCollection: true) - before) / Count} bytes");
    GC.KeepAlive(keys);
}
