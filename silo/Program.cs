using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Hosting;
using Microsoft.Extensions.Hosting;

return await CommandLine.RunAsync(
    args, new ServerProgram("runs a node without the HTTP gateway", RunNodeAsync), Console.Out, Console.Error);

static async Task<int> RunNodeAsync(string[] arguments)
{
    var builder = Host.CreateApplicationBuilder(arguments);
    var settings = SiloSettings.Read(builder.Configuration);
    builder.AddServerLog(settings.LogFormat);
    builder.AddSilo(settings);
    using var host = builder.Build();
    await host.RunAsync();
    return Environment.ExitCode;
}
