using System.Net.Sockets;
using System.Text.RegularExpressions;
using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Settings;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage.Commands;

/// <summary>What the command line takes and refuses, before any verb does something.</summary>
public sealed class CommandLineTests : IDisposable
{
    private static readonly string[] Names = [.. Verbs.Create(NoServer.Program).Subcommands.Select(verb => verb.Name)];
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public static TheoryData<string> EachVerb => [.. Names];

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
    }

    [Theory]
    [InlineData("chek")]
    [InlineData("chek", "--help")]
    [InlineData("-x")]
    public async Task Unknown_verb_is_named_with_the_known_ones(params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.StartsWith($"There is no verb '{arguments[0]}'. The verbs are run, verify-ledger, ", _errors.ToString(), StringComparison.Ordinal);
        Assert.All(Names, verb => Assert.Contains(verb, _errors.ToString(), StringComparison.Ordinal));
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public async Task Help_lists_every_verb(string argument)
    {
        Assert.Equal(0, await RunAsync(argument));
        Assert.All(Names, verb => Assert.Matches($@"(?m)^  {verb} .*\w{{3,}}", _output.ToString()));
    }

    [Theory]
    [MemberData(nameof(EachVerb))]
    public async Task Each_verb_has_its_own_help(string verb)
    {
        Assert.Equal(0, await RunAsync(verb, "--help"));
        Assert.Matches($@"Usage:\s+\S+ {verb}\b", _output.ToString());
        Assert.Empty(_errors.ToString());
    }

    [Fact]
    public void Docs_list_every_verb()
    {
        var docs = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "commands.md"));
        var listed = Regex.Matches(docs, "^\\| `([a-z-]+)", RegexOptions.Multiline).Select(row => row.Groups[1].Value);
        Assert.Equal(Names, listed);
    }

    [Theory]
    [InlineData("Option '--to' is required.", "backup")]
    [InlineData("Required argument missing for option: '--from'.", "restore", "--from")]
    [InlineData("Option '--to' expects a single argument but 2 were provided.", "backup", "--to", "a", "--to", "b")]
    [InlineData("Unrecognized command or argument '--all'.", "check", "--all")]
    [InlineData("Unrecognized command or argument 'now'.", "accept-older-store", "now")]
    [InlineData("Required argument 'EMAIL' missing", "reset-password")]
    [InlineData("Required argument 'EMAIL' missing", "add-to-group", "grp_1")]
    [InlineData("'lately' is not a time such as", "archive-ledger", "--before", "lately", "--to", "x")]
    [InlineData("Option '--key' is required.", "verify-ledger", "ledger.jsonl")]
    public async Task Wrong_arguments_are_named_with_the_correct_usage(string mistake, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Contains(mistake, _errors.ToString(), StringComparison.Ordinal);
        Assert.Matches($@"Usage:\s+\S+ {arguments[0]}\b", _errors.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task File_name_may_begin_with_an_at_sign()
    {
        Assert.Equal(2, await RunAsync("verify-ledger", "@export", "--key", "@key"));
        Assert.Contains("@key", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_printed()
    {
        Assert.Equal(0, await RunAsync("--version"));
        Assert.Matches(@"^\d+\.\d+\.\d+", _output.ToString());
    }

    [Fact]
    public async Task Verbs_are_completed_for_shells()
    {
        Assert.Equal(0, await RunAsync("[suggest]", "ver"));
        Assert.Contains("verify-ledger", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--urls=http://127.0.0.1:1", "--CODESIGNING_DB", "--help")]
    [InlineData("/CODESIGNING_DATA=x", "CODESIGNING_DB=sqlite", "/A", "b")]
    public async Task Server_gets_the_settings_as_given(params string[] settings)
    {
        foreach (var arguments in (string[][])[settings, ["run", .. settings]])
        {
            string[]? got = null;
            ServerProgram server = new("", given =>
            {
                got = given;
                return Task.FromResult(70);
            });

            Assert.Equal(70, await CommandLine.RunAsync(arguments, server, _output, _errors));
            Assert.Equal(settings, got);
        }
    }

    [Theory]
    [InlineData("--CODESIGNING_DATA has no value", "--CODESIGNING_DATA")]
    [InlineData("--versoin has no value", "--A=b", "--versoin")]
    [InlineData("'gateway' is not a setting", "run", "gateway")]
    [InlineData("'-d' is not a setting", "--A", "b", "-d", "c")]
    public async Task Argument_that_the_host_would_ignore_is_refused(string mistake, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.StartsWith(mistake, _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_settings_are_printed_one_per_line()
    {
        ServerProgram server = new("", _ => throw new SettingsException(["One.", "Two."]));
        Assert.Equal(78, await CommandLine.RunAsync([], server, _output, _errors));
        Assert.Equal($"One.{Environment.NewLine}Two.{Environment.NewLine}", _errors.ToString());
    }

    [Fact]
    public async Task Address_of_another_machine_is_explained_in_a_sentence()
    {
        ServerProgram server = new("", _ => throw new SocketException((int)SocketError.AddressNotAvailable));
        Assert.Equal(78, await CommandLine.RunAsync([], server, _output, _errors));
        Assert.Contains("See CODESIGNING_URLS", _errors.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments, NoServer.Program, _output, _errors);
}
