using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// The token that wraps master keys. It is asked at the start and by verbs, before the store can be read, and not while a server
/// runs: each call connects, logs in and leaves.
/// </summary>
/// <param name="settings">The HSM.</param>
/// <param name="dataDirectory">Where this node keeps which PIN was refused.</param>
internal sealed class MasterKeyToken(HsmSettings settings, string dataDirectory)
{
    /// <summary>The file in the data directory that says which PIN was refused.</summary>
    public const string PinFileName = "master-key-pin";

    // Modules of network HSMs may take long to load.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Unwraps a master key; the caller disposes it.</summary>
    /// <exception cref="MasterKeyUnavailableException">The token is away.</exception>
    /// <exception cref="MasterKeyException">
    /// The token refused the PIN, has no such key, or does not open the wrapped key with it.
    /// </exception>
    public SecretBytes Unwrap(WrappedMasterKey wrapped) => Ask(connection =>
    {
        var key = TokenWrappingKey.Find(connection, wrapped.WrappingKey);
        try
        {
            return key.Decrypt(wrapped.Nonce, wrapped.Ciphertext, wrapped.AssociatedData);
        }
        catch (CryptographicException refusal)
        {
            throw new MasterKeyException(
                $"The HSM '{settings.Name}' does not unwrap the master key: {refusal.Message}. Either the token's key '{wrapped.WrappingKey}' is "
                + "another one than it was wrapped with, or the file was altered: take it from a backup.",
                refusal);
        }
    });

    /// <summary>Wraps a master key, with a key that is generated if the token has none of the label.</summary>
    /// <param name="label">The label of the wrapping key.</param>
    /// <param name="masterKey">The master key.</param>
    /// <returns>The wrapped key, and whether the wrapping key was generated.</returns>
    /// <exception cref="MasterKeyUnavailableException">The token is away.</exception>
    /// <exception cref="MasterKeyException">The token refused the PIN, or has no key or mechanism that wraps.</exception>
    public (WrappedMasterKey Wrapped, bool IsKeyNew) Wrap(string label, SecretBytes masterKey) => Ask(connection =>
    {
        using var key = MasterKey.FromBytes(masterKey.Span);
        var wrappingKey = TokenWrappingKey.FindOrGenerate(connection, label, out var isNew);
        var (nonce, ciphertext) = wrappingKey.Encrypt(masterKey, WrappedMasterKey.AssociatedDataOf(label, key.Fingerprint));
        return (WrappedMasterKey.ByAesGcm(settings.Name, label, key.Fingerprint, nonce, ciphertext), isNew);
    });

    // On a thread of its own, since a module that hangs cannot be interrupted.
    private T Ask<T>(Func<TokenConnection, T> ask)
    {
        T answer = default!;
        ExceptionDispatchInfo? fault = null;
        Thread thread = new(() =>
        {
            try
            {
                answer = Connect(ask);
            }
            catch (Exception exception)
            {
                fault = ExceptionDispatchInfo.Capture(exception); // Thrown below, on the caller's thread.
            }
        })
        {
            IsBackground = true,
            Name = "Master key token",
        };
        thread.Start();
        if (!thread.Join(Patience))
        {
            throw Away($"it did not answer within {Patience.TotalSeconds:0} seconds");
        }

        fault?.Throw();
        return answer;
    }

    private T Connect<T>(Func<TokenConnection, T> ask)
    {
        try
        {
            using var module = TokenModule.Of(settings.Module);
            var connection = TokenConnection.Open(settings, module, lost: null);
            try
            {
                Login(connection);
                return ask(connection);
            }
            finally
            {
                connection.Close();
            }
        }
        catch (TokenFaultException fault)
        {
            throw Away(fault.Message);
        }
        catch (Exception refusal) when (refusal is PinRefusedException or TokenKeyMissingException or CryptographicException or IOException)
        {
            throw new MasterKeyException($"The HSM '{settings.Name}', which wraps the master key, cannot be used: {refusal.Message.TrimEnd('.')}.", refusal);
        }
    }

    private void Login(TokenConnection connection)
    {
        connection.RequireUnlockedPin();

        // Other nodes may have spent the attempts before.
        if (connection.IsPinAtLastTry)
        {
            throw new PinRefusedException(
                "the token says that one more wrong PIN locks it: see that the PIN is right, and log in once with the token's own tools");
        }

        using var pin = settings.Pin.ReadPin();
        new LocalPinRecord(Path.Combine(dataDirectory, PinFileName))
            .Login($"{settings.TokenLabel}\n{connection.SerialNumber}", pin.Array, () => connection.Login(pin.Array));
    }

    private MasterKeyUnavailableException Away(string reason) => new(
        $"The master key cannot be unwrapped: the HSM '{settings.Name}' is unavailable: {reason}. Start again when it is back.");
}
