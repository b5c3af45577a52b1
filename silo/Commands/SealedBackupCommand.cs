using System.Security.Cryptography;
using System.Text;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo backup --seal-with</c> and <c>silo restore --open-with</c>: the store and the master key in one encrypted file, from
/// which an empty machine goes on with nothing else but the key of the file.
/// </summary>
internal static class SealedBackupCommand
{
    /// <summary>Makes a sealed backup.</summary>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> BackupAsync(
        NodeSettings settings, string target, string keyFile, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (File.Exists(target))
        {
            await errors.WriteLineAsync($"{target} exists already; nothing was written.");
            return 1;
        }

        var copy = target + ".copy";
        try
        {
            using var key = MasterKeySource.Export("file:" + keyFile, settings.DataDirectory);
            using var masterKey = MasterKeySource.Export(settings.MasterKey, settings.DataDirectory);
            if (await BackupCommand.RunAsync(settings.ToStorage(), copy, TextWriter.Null, errors, cancellationToken) is not 0 and var status)
            {
                return status;
            }

            PrivateFiles.Create(target);
            await using (FileStream sealedFile = new(target, FileMode.Open, FileAccess.Write))
            await using (var store = File.OpenRead(copy))
            {
                await SealedArchive.WriteAsync(sealedFile, key, masterKey, store, cancellationToken);
            }

            PrivateFiles.Flush(target);
            await output.WriteLineAsync($"The store and the master key were sealed in {target}. Keep the key of {keyFile} elsewhere: without it the file is of no use.");
            return 0;
        }
        catch (Exception exception) when (exception is MasterKeyException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"Nothing was backed up. {exception.Message}");
            return 1;
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <summary>Restores a sealed backup. A master key that is there already must be the same.</summary>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> RestoreAsync(
        NodeSettings settings, string source, string keyFile, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var copy = Path.Combine(settings.DataDirectory, "sealed-backup.copy");
        try
        {
            using var key = MasterKeySource.Export("file:" + keyFile, settings.DataDirectory);
            File.Delete(copy);
            PrivateFiles.Create(copy);
            SecretBytes masterKey;
            await using (var sealedFile = File.OpenRead(source))
            await using (FileStream store = new(copy, FileMode.Open, FileAccess.Write))
            {
                masterKey = await SealedArchive.ReadAsync(sealedFile, key, store, cancellationToken);
            }

            using (masterKey)
            {
                PutMasterKey(settings, masterKey);
            }

            return await RestoreCommand.RunAsync(settings.ToStorage(), copy, TimeProvider.System, output, errors, cancellationToken);
        }
        catch (Exception exception) when (exception is MasterKeyException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"Nothing was restored. {exception.Message}");
            return 1;
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static void PutMasterKey(NodeSettings settings, SecretBytes masterKey)
    {
        var file = Path.Combine(settings.DataDirectory, MasterKeySource.FileName);
        if (!string.IsNullOrWhiteSpace(settings.MasterKey) || File.Exists(file))
        {
            using var present = MasterKeySource.Export(settings.MasterKey, settings.DataDirectory);
            if (!CryptographicOperations.FixedTimeEquals(present.Span, masterKey.Span))
            {
                throw new MasterKeyException(
                    "The master key here (CODESIGNING_MASTER_KEY, or master.key in the data directory) is not that of the backup: take it away first.");
            }

            return;
        }

        PrivateFiles.Replace(file, Encoding.ASCII.GetBytes(Convert.ToBase64String(masterKey.Span) + "\n"));
    }
}
