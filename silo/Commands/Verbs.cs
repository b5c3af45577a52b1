using System.CommandLine;
using System.CommandLine.Parsing;

namespace CodeSigning.Silo.Commands;

/// <summary>The verbs of the command line.</summary>
internal static class Verbs
{
    private static readonly ParserConfiguration Plain = new()
    {
        EnablePosixBundling = false,
        ResponseFileTokenReplacer = null, // A file may be named @something.
    };

    /// <summary>Runs the verb that is named, with the <c>CODESIGNING_*</c> settings of the environment.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(
        string[] arguments, ServerProgram server, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var root = Create(server);
        var parsed = root.Parse(arguments, Plain);
        if (FindUnknownVerb(parsed) is { } unknown)
        {
            await errors.WriteLineAsync(
                $"There is no verb '{unknown}'. The verbs are {string.Join(", ", root.Subcommands.Select(verb => verb.Name))}.");
            return CommandLine.Misused;
        }

        if (parsed.Errors.Count != 0)
        {
            return await RefuseAsync(parsed, errors);
        }

        return await parsed.InvokeAsync(Writing(output, errors), cancellationToken);
    }

    /// <summary>All verbs, and what they take.</summary>
    public static RootCommand Create(ServerProgram server)
    {
        RootCommand root = new($"Without a verb: {server.Description}. Settings are CODESIGNING_* variables, or --NAME=VALUE.")
        {
            new Command(ServerArguments.Verb, server.Description)
            {
                new Argument<string[]>("--NAME=VALUE") { Description = "settings that win over the environment's" },
            },
            VerifyLedgerCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            CheckCommand.Create(),
            AcceptOlderStoreCommand.Create(),
            ArchiveLedgerCommand.Create(),
            MigrateCommand.Create(),
            ReplaceAuthorityCommand.Create(),
            RotateMasterKeyCommand.Create(),
            WrapMasterKeyCommand.Create(),
            PeopleCommand.CreateResetPassword(),
            PeopleCommand.CreateAddToGroup(),
        };
        Command help = new("help", "lists the verbs");
        help.SetAction((result, cancellationToken) => root.Parse(["--help"]).InvokeAsync(result.InvocationConfiguration, cancellationToken));
        root.Add(help);
        return root;
    }

    // Help for a verb that is not there would look as if it were. Shells ask what a verb that is half typed could be.
    private static string? FindUnknownVerb(ParseResult parsed) => parsed switch
    {
        { Tokens: [{ Type: TokenType.Directive }, ..] } => null,
        { CommandResult.Command: RootCommand, UnmatchedTokens: [var first, ..] } => first,
        _ => null,
    };

    private static async Task<int> RefuseAsync(ParseResult parsed, TextWriter errors)
    {
        foreach (var error in parsed.Errors)
        {
            await errors.WriteLineAsync(error.Message);
        }

        var verb = parsed.CommandResult.Command;
        await verb.Parse(["--help"]).InvokeAsync(Writing(errors, errors), CancellationToken.None);
        return CommandLine.Misused;
    }

    // Exceptions and signals are the caller's.
    private static InvocationConfiguration Writing(TextWriter output, TextWriter errors) => new()
    {
        Output = output,
        Error = errors,
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    };
}
