// Fills a store as years of use would, through the grains and the ledger's own writer, so that every row bears its seal and
// every entry its place in the chain. The server must not be running; the settings are the server's.
//   bench-seed CERTIFICATE-ID USER-ID SIGNERS ENTRIES [mixed]
// mixed: of four entries two are signatures, one a denial and one a failure, all under one grant.
using System.Globalization;
using CodeSigning.Bench.Seed;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Ledger;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

if (args.Length is not (4 or 5) || (args.Length == 5 && args[4] != "mixed"))
{
    Console.Error.WriteLine("bench-seed CERTIFICATE-ID USER-ID SIGNERS ENTRIES [mixed]");
    return 2;
}

var builder = Host.CreateEmptyApplicationBuilder(null);
builder.Configuration.AddEnvironmentVariables();
builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
builder.AddSilo(SiloSettings.Read(builder.Configuration));
builder.Services.Configure<LedgerOptions>(options =>
{
    // Nobody waits here for a single answer.
    options.MaxBatchElements = 4096;
    options.MaxBatchBytes = 16 * 1024 * 1024;
    options.QueueCapacity = 16_384;
});
using var host = builder.Build();
await host.StartAsync();
var signers = await new SignerSeed(host.Services, args[0], args[1]).RunAsync(int.Parse(args[2], CultureInfo.InvariantCulture));
await new EntrySeed(host.Services, args[1], isMixed: args.Length == 5).RunAsync(signers, int.Parse(args[3], CultureInfo.InvariantCulture));
await host.StopAsync();
return 0;
