using CodeSigning.Gateway.Hosting;
using CodeSigning.Silo.Hosting;

try
{
    await using var app = GatewayApplication.Create(args);
    await app.RunAsync();
    return 0;
}
catch (SettingsException mistakes)
{
    Console.Error.WriteLine(mistakes.Message);
    return 2;
}
