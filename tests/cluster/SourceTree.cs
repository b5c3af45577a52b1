namespace CodeSigning.Cluster.Tests;

/// <summary>Where the sources are that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "CodeSigning.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The source tree was not found.");
        }

        return directory.FullName;
    }
}
