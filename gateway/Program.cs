using CodeSigning.Gateway.Hosting;
using CodeSigning.Silo.Commands;

return await CommandLine.RunAsync(
    args, new ServerProgram("runs the HTTP gateway and a node", RunGatewayAsync), Console.Out, Console.Error);

static async Task<int> RunGatewayAsync(string[] settings)
{
    await using var app = GatewayApplication.Create(settings);
    await app.RunAsync();
    return Environment.ExitCode;
}
