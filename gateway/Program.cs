using CodeSigning.Gateway.Hosting;
using CodeSigning.Silo.Settings;

try
{
    await using var app = GatewayApplication.Create(args);
    await app.RunAsync();
    return Environment.ExitCode;
}
catch (Exception exception) when (StartupMistakes.SentenceOf(exception) is { } sentence)
{
    Console.Error.WriteLine(sentence);
    return StartupMistakes.ExitStatus;
}
