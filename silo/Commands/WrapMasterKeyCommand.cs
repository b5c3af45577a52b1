using System.CommandLine;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo wrap-master-key --to FILE</c>: has an HSM wrap a master key, a fresh one or that of a file. It opens no store: a store's
/// own master key is wrapped as it is, another one comes into use by <c>rotate-master-key</c>.
/// </summary>
internal static class WrapMasterKeyCommand
{
    private const string UsualLabel = "codesigning-master-key";

    /// <summary>The verb. Its exit status: 0 done, 1 not done, 2 wrong arguments.</summary>
    public static Command Create()
    {
        Option<string> target = new("--to")
        {
            Description = "the file to write, which must not be there yet",
            HelpName = "FILE",
            Required = true,
        };
        Option<string> source = new("--from")
        {
            Description = "the file with the master key, plain or wrapped; a fresh one is made without it",
            HelpName = "FILE",
        };
        Option<string> hsm = new("--hsm")
        {
            Description = "the HSM of CODESIGNING_HSM; that of CODESIGNING_MASTER_KEY_HSM, or the only one, without it",
            HelpName = "NAME",
        };
        Option<string> label = new("--key")
        {
            Description = "the label of the wrapping key in the token, which is made where it is missing",
            HelpName = "LABEL",
            DefaultValueFactory = static _ => UsualLabel,
        };
        label.Validators.Add(static result =>
        {
            if (!WrappedMasterKey.IsLabel(result.GetValueOrDefault<string>()))
            {
                result.AddError("The label of --key is invalid: expected 1 to 64 characters.");
            }
        });
        Command command = new("wrap-master-key", "has an HSM wrap a master key, so that no file holds it in the clear") { target, source, hsm, label };
        command.SetAction((result, cancellationToken) => RunAsync(
            VerbHost.ReadSettings(),
            new Wrapping(result.GetRequiredValue(target), result.GetValue(source), result.GetValue(hsm), result.GetRequiredValue(label)),
            result.InvocationConfiguration.Output,
            result.InvocationConfiguration.Error));
        return command;
    }

    private static async Task<int> RunAsync(NodeSettings settings, Wrapping wrapping, TextWriter output, TextWriter errors)
    {
        if (File.Exists(wrapping.Target))
        {
            await errors.WriteLineAsync($"{wrapping.Target} exists already; nothing was written.");
            return 1;
        }

        if ((wrapping.Hsm ?? settings.MasterKeyHsm ?? (settings.Hsms is [var only] ? only.Name : null)) is not { } hsm)
        {
            await errors.WriteLineAsync("Nothing was wrapped. Name an HSM of CODESIGNING_HSM with --hsm.");
            return 1;
        }

        try
        {
            using var masterKey = wrapping.Source is { } source ? settings.ToMasterKeySource().ReadPlain(source) : SecretBytes.Random(MasterKey.Length);
            var (wrapped, isKeyNew) = settings.TokenOf(hsm).Wrap(wrapping.Label, masterKey);
            PrivateFiles.Replace(wrapping.Target, wrapped.ToFile());
            await output.WriteLineAsync(
                $"{(wrapping.Source is null ? "A fresh master key" : $"The master key of {wrapping.Source}")} ({wrapped.Fingerprint}) was wrapped "
                + $"in {wrapping.Target} by the {(isKeyNew ? "new key" : "key")} '{wrapping.Label}' of the HSM '{hsm}'. Back that key up by the "
                + $"token's own means: without it the file is of no use. Nodes take the file with CODESIGNING_MASTER_KEY_HSM={hsm}.");
            return 0;
        }
        catch (Exception exception) when (exception is MasterKeyException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"Nothing was wrapped. {exception.Message}");
            return 1;
        }
    }

    private sealed record Wrapping(string Target, string? Source, string? Hsm, string Label);
}
