using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnersFile | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void New_data_directory_is_accessible_to_its_owner_alone()
    {
        var path = _place.File("data");

        Assert.Empty(Mistakes(path));

        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.GroupExecute)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    public void Data_directory_accessible_to_other_users_is_refused(UnixFileMode others)
    {
        var path = _place.File("data");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, OwnersDirectory | others);

        var mistake = Assert.Single(Mistakes(path));

        Assert.Equal($"The data directory {path} is accessible to other users of this machine: run 'chmod 700 {path}'.", mistake);
    }

    [Fact]
    public void Master_key_accessible_to_other_users_is_refused()
    {
        var data = _place.File("data");
        Assert.Empty(Mistakes(data));
        var file = Open(data, "master.key");

        Assert.EndsWith($"run 'chmod 600 {file}'.", Assert.Single(Mistakes(data)), StringComparison.Ordinal);

        File.SetUnixFileMode(file, OwnersFile);
        Assert.Empty(Mistakes(data));
    }

    [Theory]
    [InlineData("codesigning.db")]
    [InlineData("codesigning.db-wal")]
    [InlineData("codesigning.db-shm")]
    public void Database_accessible_since_an_earlier_release_is_restricted(string name)
    {
        var data = _place.File("data");
        Assert.Empty(Mistakes(data));
        var file = Open(data, name);

        Assert.Empty(Mistakes(data));

        Assert.Equal(OwnersFile, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Symbolic_link_is_checked_by_its_target()
    {
        var target = _place.File("target");
        File.WriteAllText(target, "");
        File.SetUnixFileMode(target, OwnersFile);
        var data = _place.File("data");
        Assert.Empty(Mistakes(data));
        File.CreateSymbolicLink(Path.Combine(data, "master.key"), target);

        Assert.Empty(Mistakes(data));

        File.SetUnixFileMode(target, OwnersFile | UnixFileMode.OtherRead);
        Assert.Single(Mistakes(data));
    }

    private static string Open(string data, string name)
    {
        var file = Path.Combine(data, name);
        File.WriteAllText(file, "");
        File.SetUnixFileMode(file, OwnersFile | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead);
        return file;
    }

    private static IReadOnlyList<string> Mistakes(string path)
    {
        SettingsReader reader = new(new ConfigurationBuilder().Build());
        DataDirectories.Prepare(path, reader);
        return reader.Mistakes;
    }
}
