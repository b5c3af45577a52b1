using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Settings;
using var stopping = new CancellationTokenSource();

Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stopping.Cancel();
};

try
{
    return await SiloVerbs.RunAsync(args, Console.Out, Console.Error, stopping.Token);
}
catch (Exception exception) when (StartupMistakes.SentenceOf(exception) is { } sentence)
{
    Console.Error.WriteLine(sentence);
    return StartupMistakes.ExitStatus;
}
