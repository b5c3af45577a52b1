using System.Security.Cryptography;
using System.Text.Json;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// The rule of <see cref="PinRecord"/> where the store is not open yet, since its master key is what the token unwraps: a PIN that
/// failed is not tried again until its source has changed. It is kept in a file of this node, as a slow salted hash, from the
/// attempt until the token has taken a PIN; a good PIN leaves nothing.
/// </summary>
/// <param name="path">The file, which is made.</param>
internal sealed class LocalPinRecord(string path)
{
    private const int MostUnknown = 2;
    private const int Iterations = 600_000;
    private const int HashLength = 32;
    private const int LongestFile = 4096;
    private const int MostTurns = 200;

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);

    /// <summary>Logs in unless this PIN is known to be wrong, and records the outcome. Other processes on the file wait.</summary>
    /// <param name="token">What tells the token from others.</param>
    /// <param name="pin">The PIN.</param>
    /// <param name="login">Tries it: whether the token took it.</param>
    /// <exception cref="PinRefusedException">The token did not take it, now or before.</exception>
    /// <exception cref="IOException">The file cannot be used.</exception>
    public void Login(string token, byte[] pin, Func<bool> login)
    {
        using var file = Open();
        var known = Read(file) is { } last && last.Token == token && last.IsOf(pin) ? last : null;
        if (known is { IsRefused: true })
        {
            throw new PinRefusedException(
                $"the token refused this PIN before; it is not tried again until its source has changed, so that the token is not locked ({path})");
        }

        if (known is { Unknown: >= MostUnknown })
        {
            throw new PinRefusedException(
                $"{known.Unknown} attempts to log in with this PIN ended without an outcome: see that the token answers, and remove {path} to try it again");
        }

        // The process may end in the attempt.
        var attempt = (known ?? Attempt.Of(token, pin)) with { Unknown = (known?.Unknown ?? 0) + 1 };
        Write(file, attempt);
        bool isTaken;
        try
        {
            isTaken = login();
        }
        catch (TokenFaultException)
        {
            Clear(file); // The token was away before it could judge.
            throw;
        }

        if (isTaken)
        {
            Clear(file);
            return;
        }

        Write(file, attempt with { IsRefused = true });
        throw new PinRefusedException("the token refused the PIN, which is not tried again until its source has changed");
    }

    private FileStream Open()
    {
        PrivateFiles.Ensure(path);
        for (var turn = 1; ; turn++)
        {
            try
            {
                return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException) when (turn < MostTurns)
            {
                Thread.Sleep(Turn);
            }
        }
    }

    private Attempt? Read(FileStream file)
    {
        if (file.Length == 0)
        {
            return null;
        }

        var content = new byte[Math.Min(file.Length, LongestFile)];
        file.ReadExactly(content);
        try
        {
            return JsonSerializer.Deserialize<Attempt>(content);
        }
        catch (JsonException)
        {
            throw new PinRefusedException($"{path} does not say which PIN was refused: see that the PIN is right, and remove the file");
        }
    }

    private static void Write(FileStream file, Attempt attempt)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(attempt);
        file.Position = 0;
        file.Write(content);
        file.SetLength(content.Length);
        file.Flush(flushToDisk: true);
    }

    private static void Clear(FileStream file)
    {
        file.SetLength(0);
        file.Flush(flushToDisk: true);
    }

    /// <summary>An attempt that did not succeed, or has not yet.</summary>
    /// <param name="Token">What tells the token from others.</param>
    /// <param name="Salt">The salt of the hash.</param>
    /// <param name="Hash">PBKDF2-HMAC-SHA256 of the PIN.</param>
    /// <param name="IsRefused">Whether the token refused it.</param>
    /// <param name="Unknown">How many attempts with it ended without an outcome.</param>
    private sealed record Attempt(string Token, byte[] Salt, byte[] Hash, bool IsRefused, int Unknown)
    {
        public static Attempt Of(string token, byte[] pin)
        {
            var salt = RandomNumberGenerator.GetBytes(HashLength);
            return new Attempt(token, salt, Digest(pin, salt), IsRefused: false, Unknown: 0);
        }

        public bool IsOf(byte[] pin) => CryptographicOperations.FixedTimeEquals(Hash, Digest(pin, Salt));

        private static byte[] Digest(byte[] pin, byte[] salt) =>
            Rfc2898DeriveBytes.Pbkdf2(pin, salt, Iterations, HashAlgorithmName.SHA256, HashLength);
    }
}
