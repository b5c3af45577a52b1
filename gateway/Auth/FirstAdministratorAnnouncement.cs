using CodeSigning.Grains.Administration;

namespace CodeSigning.Gateway.Auth;

/// <summary>
/// Creates the first administrator of an empty store before the gateway listens. A generated password is shown once on
/// the terminal and never logged.
/// </summary>
internal sealed class FirstAdministratorAnnouncement(
    FirstAdministrator administrator, ILogger<FirstAdministratorAnnouncement> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await administrator.EnsureAsync(cancellationToken) is not { } made)
        {
            return;
        }

        log.LogInformation("The first administrator is {Email}", made.Email);
        if (made.RandomPassword is { } password)
        {
            await Console.Out.WriteLineAsync(
                $"""

                Sign in as   {made.Email}
                password     {password}
                (shown this once; change it at PUT /api/v1/me/password)

                """);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
