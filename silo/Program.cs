using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Hosting;
using Microsoft.Extensions.Hosting;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stopping.Cancel();
};

switch (args)
{
    case ["run", .. var settings]:
        return await RunNodeAsync(settings);
    case [VerifyLedgerCommand.Name, .. var arguments]:
        return await VerifyLedgerCommand.RunAsync(arguments, Console.Out, stopping.Token);
    default:
        Console.WriteLine("""
            silo run [--NAME=VALUE]...                                      runs a node without the HTTP gateway
            silo verify-ledger FILE --key KEY.pem [--checkpoint FILE]...    verifies an export of the ledger offline
            """);
        return args is ["help"] ? 0 : 2;
}

static async Task<int> RunNodeAsync(string[] settings)
{
    try
    {
        var builder = Host.CreateApplicationBuilder(settings);
        builder.AddSilo(NodeSettings.Read(builder.Configuration));
        using var host = builder.Build();
        await host.RunAsync();
        return 0;
    }
    catch (Exception exception) when (StartupMistakes.SentenceOf(exception) is { } sentence)
    {
        Console.Error.WriteLine(sentence);
        return StartupMistakes.ExitStatus;
    }
}
