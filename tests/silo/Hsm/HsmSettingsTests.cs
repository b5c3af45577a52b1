using CodeSigning.Silo.Hsm;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>The file of <c>CODESIGNING_HSM</c>.</summary>
public sealed class HsmSettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public HsmSettingsTests()
    {
        File.WriteAllText(_directory.File("module.so"), "");
        WritePin(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Several_hsms_stand_side_by_side()
    {
        var (hsms, mistakes) = Read(
            """
            {"yubi": {"module": "MODULE", "tokenLabel": "release", "pin": "file:PIN"},
             "cloud-1": {"module": "MODULE", "tokenLabel": "other", "pin": "file:PIN", "sessions": 32}}
            """);

        Assert.Empty(mistakes);
        Assert.Equal([("yubi", "release", 8), ("cloud-1", "other", 32)], hsms.Select(hsm => (hsm.Name, hsm.TokenLabel, hsm.Sessions)));
    }

    [Fact]
    public void Page_example_is_read()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "hsm.md"));
        var example = page.Split("```json\n")[1].Split("```")[0];

        var (hsms, mistakes) = Read(example
            .Replace("/opt/vendor/lib/libpkcs11.so", "MODULE", StringComparison.Ordinal)
            .Replace("/run/secrets/release-pin", "PIN", StringComparison.Ordinal));

        Assert.Empty(mistakes);
        Assert.Equal([("release-hsm", "release", 16)], hsms.Select(hsm => (hsm.Name, hsm.TokenLabel, hsm.Sessions)));
    }

    [Theory]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("{", "is not JSON: line 1 is invalid")]
    [InlineData("""{"Yubi": {"module": "MODULE", "tokenLabel": "x", "pin": "file:PIN"}}""", "the name 'Yubi' is invalid")]
    [InlineData("""{"software": {"module": "MODULE", "tokenLabel": "x", "pin": "file:PIN"}}""", "the name 'software' is invalid")]
    [InlineData("""{"a": 1}""", "'a' is invalid: expected an object")]
    [InlineData("""{"a": {"tokenLabel": "x", "pin": "file:PIN"}}""", "'a.module' is missing")]
    [InlineData("""{"a": {"module": "/no/module.so", "tokenLabel": "x", "pin": "file:PIN"}}""", "'a.module' is '/no/module.so', which is not there")]
    [InlineData("""{"a": {"module": "MODULE", "pin": "file:PIN"}}""", "'a.tokenLabel' is missing")]
    [InlineData("""{"a": {"module": "MODULE", "tokenLabel": "123456789012345678901234567890123", "pin": "file:PIN"}}""", "'a.tokenLabel' is too long")]
    [InlineData("""{"a": {"module": "MODULE", "tokenLabel": "x"}}""", "'a.pin' is missing")]
    [InlineData("""{"a": {"module": "MODULE", "tokenLabel": "x", "pin": "file:/no/pin"}}""", "'a.pin' names the file /no/pin, which is not there")]
    [InlineData("""{"a": {"module": "MODULE", "tokenLabel": "x", "pin": "env:NO_SUCH_PIN"}}""", "'a.pin' names the environment variable NO_SUCH_PIN")]
    [InlineData("""{"a": {"module": "MODULE", "tokenLabel": "x", "pin": "file:PIN", "sessions": 0}}""", "'a.sessions' is invalid")]
    [InlineData("""{"a": {"module": "MODULE", "tokenLabel": "x", "pin": "file:PIN", "slot": 1}}""", "'a.slot' is unknown")]
    public void Mistakes_name_the_field(string json, string expected) =>
        Assert.Contains(expected, Assert.Single(Read(json).Mistakes), StringComparison.Ordinal);

    [Fact]
    public void Pin_in_place_of_its_source_is_not_repeated()
    {
        var mistake = Assert.Single(Read("""{"a": {"module": "MODULE", "tokenLabel": "x", "pin": "123456"}}""").Mistakes);

        Assert.Contains("'a.pin' is invalid: expected file:PATH or env:NAME", mistake, StringComparison.Ordinal);
        Assert.DoesNotContain("123456", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Pin_file_that_others_can_read_is_refused()
    {
        WritePin(UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Contains(
            "accessible to other users", Assert.Single(Read("""{"a": {"module": "MODULE", "tokenLabel": "x", "pin": "file:PIN"}}""").Mistakes), StringComparison.Ordinal);
    }

    private (IReadOnlyList<HsmSettings> Hsms, List<string> Mistakes) Read(string json)
    {
        var path = _directory.File("hsm.json");
        File.WriteAllText(path, json
            .Replace("MODULE", _directory.File("module.so"), StringComparison.Ordinal)
            .Replace("PIN", _directory.File("pin"), StringComparison.Ordinal)
            .Replace($"NO_SUCH_{_directory.File("pin")}", "NO_SUCH_PIN", StringComparison.Ordinal));
        List<string> mistakes = [];
        return (HsmSettings.Read(path, mistakes.Add), mistakes);
    }

    private void WritePin(UnixFileMode mode)
    {
        File.WriteAllText(_directory.File("pin"), "1234\n");
        File.SetUnixFileMode(_directory.File("pin"), mode);
    }
}
