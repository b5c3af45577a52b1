namespace CodeSigning.Silo.Hosting;

/// <summary>The settings hold mistakes. The message names them all, a sentence each, for the operator who starts the server.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Names the mistakes.</summary>
    public SettingsException(IReadOnlyCollection<string> mistakes)
        : base(string.Join(Environment.NewLine, mistakes))
    {
    }
}
