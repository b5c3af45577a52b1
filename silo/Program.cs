using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

return await CommandLine.RunAsync(
    args, new ServerProgram("runs a node without the HTTP gateway", RunNodeAsync), Console.Out, Console.Error);

static async Task<int> RunNodeAsync(string[] settings)
{
    var builder = Host.CreateApplicationBuilder(settings);
    builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    builder.Logging.AddFilter("Polly", LogLevel.Warning);
    builder.AddSilo(SiloSettings.Read(builder.Configuration));
    using var host = builder.Build();
    await host.RunAsync();
    return Environment.ExitCode;
}
