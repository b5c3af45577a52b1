using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace CodeSigning.Testing;

/// <summary>
/// A SoftHSM2 token in a directory of a test's own, which can be taken away and given back. The module reads where it is from
/// a variable of the process, so such tests run one after the other.
/// </summary>
public sealed class SoftHsm : IDisposable
{
    public const string Module = "/usr/lib/softhsm/libsofthsm2.so";
    public const string Label = "test token";
    public const string Pin = "1234-user";

    /// <summary>The variable by which the module finds <see cref="ConfigurationFile"/>, for processes that tests start.</summary>
    public const string Configuration = "SOFTHSM2_CONF";

    private readonly TemporaryDirectory _directory = new();

    /// <param name="mechanisms">The mechanisms that the token has, separated by commas.</param>
    public SoftHsm(string mechanisms = "ALL")
    {
        Directory.CreateDirectory(Tokens);
        File.WriteAllText(
            ConfigurationFile,
            $"directories.tokendir = {Tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.mechanisms = {mechanisms}\n");
        if (SetVariable(Configuration, ConfigurationFile, overwrite: 1) != 0)
        {
            throw new InvalidOperationException("The variable could not be set.");
        }

        Initialize(Label);
        WritePin(Pin);
    }

    /// <summary>The file for <c>CODESIGNING_HSM</c>, with the one HSM <c>soft</c>.</summary>
    public string SettingsFile => WriteSettings(Module);

    public string PinFile => _directory.File("pin");

    /// <summary>Where the token's objects are.</summary>
    public string Tokens => _directory.File("tokens");

    /// <summary>What tells the module where its tokens are.</summary>
    public string ConfigurationFile => _directory.File("softhsm2.conf");

    private string Away => _directory.File("away");

    /// <summary>Makes a token.</summary>
    public void Initialize(string label) => Run(
        "softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "5678-officer", "--pin", Pin);

    /// <summary>Puts a PIN where the server looks for it.</summary>
    public void WritePin(string pin)
    {
        File.WriteAllText(PinFile, pin + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PinFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>Writes a file for <c>CODESIGNING_HSM</c> with another module.</summary>
    public string WriteSettings(string module)
    {
        var path = _directory.File("hsm.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["soft"] = new { module, tokenLabel = Label, pin = "file:" + PinFile },
        }));
        return path;
    }

    /// <summary>Takes the token away, as when a network HSM is gone.</summary>
    public void TakeAway() => Directory.Move(Tokens, Away);

    /// <summary>Gives it back.</summary>
    public void GiveBack() => Directory.Move(Away, Tokens);

    /// <summary>Makes a key with the token's own tools.</summary>
    public void MakeKey(string kind, string label, string id) => Run(
        "pkcs11-tool", "--module", Module, "--token-label", Label, "--login", "--pin", Pin, "--keypairgen", "--key-type", kind,
        "--label", label, "--id", id);

    /// <summary>Makes an AES key with the token's own tools.</summary>
    public void MakeSecretKey(string label, params string[] options) => Run(
        "pkcs11-tool",
        ["--module", Module, "--token-label", Label, "--login", "--pin", Pin, "--keygen", "--key-type", "AES:32", "--label", label, .. options]);

    /// <summary>Removes an AES key with the token's own tools.</summary>
    public void RemoveSecretKey(string label) => Run(
        "pkcs11-tool", "--module", Module, "--token-label", Label, "--login", "--pin", Pin, "--delete-object", "--type", "secrkey", "--label", label);

    /// <summary>Removes a key with the token's own tools.</summary>
    public void RemoveKey(string label)
    {
        foreach (var type in new[] { "privkey", "pubkey" })
        {
            Run("pkcs11-tool", "--module", Module, "--token-label", Label, "--login", "--pin", Pin, "--delete-object", "--type", type, "--label", label);
        }
    }

    /// <summary>What the token's own tools show of its objects.</summary>
    public string ListObjects() =>
        Run("pkcs11-tool", "--module", Module, "--token-label", Label, "--login", "--pin", Pin, "--list-objects");

    /// <summary>A public key of the token as SubjectPublicKeyInfo, DER.</summary>
    public byte[] ReadPublicKey(string label)
    {
        var file = _directory.File("public.der");
        Run("pkcs11-tool", "--module", Module, "--token-label", Label, "--read-object", "--type", "pubkey", "--label", label, "-o", file);
        return File.ReadAllBytes(file);
    }

    public void Dispose() => _directory.Dispose();

    private string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Configuration] = ConfigurationFile },
        }) ?? throw new InvalidOperationException($"{program} did not start.");
        StringBuilder errors = new();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit(); // It waits for the last line too.
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}{errors}");
    }

    // The run-time's own variables are a copy, which native libraries do not see.
    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(string name, string value, int overwrite);
}
