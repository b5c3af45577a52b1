using CodeSigning.Silo.Commands;

namespace CodeSigning.Silo.Tests.Storage.Commands;

/// <summary>An executable of which only the verbs are asked for.</summary>
internal static class NoServer
{
    public static ServerProgram Program { get; } = new(
        "runs nothing", _ => throw new InvalidOperationException("The server was started in place of a verb."));
}
