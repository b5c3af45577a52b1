using System.Text;
using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

/// <summary>Files of secrets, which master keys, PINs, passwords and tokens are read from in one way.</summary>
public sealed class SecretFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("secret");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("s3cret")]
    [InlineData("s3cret\n")]
    [InlineData("\uFEFFs3cret\r\n")]
    [InlineData(" \ts3cret \n\n")]
    public void Text_has_no_mark_and_no_white_space_around_it(string content)
    {
        Write(content);

        using var secret = SecretFile.ReadText("A_SETTING", Path);

        Assert.Equal("s3cret", Encoding.UTF8.GetString(secret.Span));
    }

    [Fact]
    public void Bytes_are_read_as_they_are_up_to_the_limit()
    {
        Write(new string(' ', 4096));
        using var content = SecretFile.Read("A_SETTING", Path);
        Assert.Equal(4096, content.Length);

        Write(new string(' ', 4097));
        Refused("is longer than 4096 bytes", () => SecretFile.Read("A_SETTING", Path));
    }

    [Fact]
    public void Link_to_a_private_file_is_followed()
    {
        Write("s3cret");
        var link = _directory.File("link");
        File.CreateSymbolicLink(link, Path);

        using var secret = SecretFile.ReadText("A_SETTING", link);

        Assert.Equal(6, secret.Length);
    }

    /// <summary>Each of the readers says the same of the same mistake, by the name of its setting, and nothing of the content.</summary>
    [Theory]
    [InlineData("s3cret", UnixFileMode.GroupRead, "is accessible to other users of this machine: run 'chmod 600")]
    [InlineData(" \n", UnixFileMode.None, "is empty.")]
    [InlineData("", UnixFileMode.None, "is empty.")]
    [InlineData(null, UnixFileMode.None, "is longer than 4096 bytes.")]
    public void All_readers_refuse_the_same_files_alike(string? content, UnixFileMode others, string reason)
    {
        Write(content ?? new string('s', 5000), others);

        var setting = ReadSetting();
        var masterKey = Assert.Throws<MasterKeyException>(() => new MasterKeySource("file:" + Path, _directory.Path).Load(storeIsEmpty: true)).Message;
        var pin = ReadPin();

        Assert.StartsWith($"The file of CODESIGNING_SMTP_PASSWORD, {Path}", setting, StringComparison.Ordinal);
        Assert.StartsWith($"CODESIGNING_HSM: {_directory.File("hsm.json")}: The file of 'a.pin', {Path}", pin, StringComparison.Ordinal);
        Assert.All([setting, pin], message => Assert.Contains(reason, message, StringComparison.Ordinal));
        Assert.Contains(content == " \n" ? "is not a master key" : reason, masterKey, StringComparison.Ordinal);
        Assert.All([setting, masterKey, pin], message => Assert.DoesNotContain("s3cret", message, StringComparison.Ordinal));
    }

    [Fact]
    public void Missing_file_and_directory_are_refused_with_the_cause()
    {
        Refused("cannot be read: Could not find file", () => SecretFile.Read("A_SETTING", Path));
        Refused("cannot be read: Access to the path", () => SecretFile.Read("A_SETTING", _directory.Path));
        Assert.Equal(
            "A_SETTING is invalid: expected a path after 'file:'.",
            Assert.Throws<SecretFileException>(() => SecretFile.Read("A_SETTING", "")).Message);
    }

    [Fact]
    public void PIN_file_that_is_opened_to_others_later_is_refused()
    {
        Write("1234");
        List<string> mistakes = [];
        var source = PinSource.Read("a.pin", "file:" + Path, mistakes.Add)!;
        using (var pin = source.ReadPin())
        {
            Assert.Equal("1234"u8, pin.Span);
        }

        Write("1234", UnixFileMode.OtherRead);

        Assert.Empty(mistakes);
        Assert.Contains("accessible to other users", Assert.Throws<SecretFileException>(source.ReadPin).Message, StringComparison.Ordinal);
    }

    private void Write(string content, UnixFileMode others = UnixFileMode.None)
    {
        File.WriteAllText(Path, content);
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
    }

    private string ReadSetting()
    {
        SettingsReader reader = new(new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("CODESIGNING_SMTP_PASSWORD", (string?)$"file:{Path}")]).Build());
        Assert.Null(reader.Secret("CODESIGNING_SMTP_PASSWORD"));
        return Assert.Single(reader.Mistakes);
    }

    private string ReadPin()
    {
        var (hsms, module) = (_directory.File("hsm.json"), _directory.File("module.so"));
        File.WriteAllText(module, "");
        File.WriteAllText(hsms, $$$"""{"a": {"module": "{{{module}}}", "tokenLabel": "x", "pin": "file:{{{Path}}}"}}""");
        List<string> mistakes = [];
        HsmSettings.Read(hsms, mistakes.Add);
        return Assert.Single(mistakes);
    }

    private static void Refused(string reason, Func<SecretBytes> read)
    {
        var message = Assert.Throws<SecretFileException>(read).Message;
        Assert.StartsWith("The file of A_SETTING, ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }
}
