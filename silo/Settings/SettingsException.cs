using System.Net.Sockets;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Settings;

/// <summary>The settings hold mistakes. The message names them all, a sentence each, for the operator who starts the server.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Names the mistakes.</summary>
    public SettingsException(IReadOnlyCollection<string> mistakes)
        : base(string.Join(Environment.NewLine, mistakes))
    {
    }
}

/// <summary>Turns what keeps a server from starting into a sentence for the operator who starts it.</summary>
public static class StartupMistakes
{
    /// <summary>The exit status of a server that could not start because of its settings or surroundings (sysexits: EX_CONFIG).</summary>
    public const int ExitStatus = 78;

    /// <summary>The exit status of a server that could not start because its database, or the HSM of its master key, was away: started again, it may (EX_TEMPFAIL).</summary>
    public const int AwayStatus = 75;

    /// <summary>The exit status of a failed start.</summary>
    public static int StatusOf(Exception exception) => exception switch
    {
        StoreUnavailableException or MasterKeyUnavailableException => AwayStatus,
        AggregateException { InnerExceptions: [var only] } => StatusOf(only),
        _ => ExitStatus,
    };

    /// <summary>The sentence; null where it is no mistake of the operator's but a fault.</summary>
    public static string? SentenceOf(Exception exception) => exception switch
    {
        SettingsException or MasterKeyException or StoreInUseException or HighWaterException or StateTamperedException
            or SchemaVersionException =>
            exception.Message,
        SealedKeyException { Fault: SealedKeyFault.OtherMasterKey } sealedKey =>
            $"The master key is not the one of this store. {sealedKey.Message} "
            + "Start with the master key that the store was made with (CODESIGNING_MASTER_KEY, or master.key in the data directory).",
        SealedKeyException sealedKey => sealedKey.Message,
        StoreUnavailableException { InnerException: { } reason } =>
            $"The database cannot be reached: {reason.Message.TrimEnd('.')}. See CODESIGNING_DB.",
        SocketException =>
            $"The server cannot listen: {exception.Message.TrimEnd('.')}. See CODESIGNING_URLS and CODESIGNING_SILO_ADDRESS, which are addresses of this machine.",
        AggregateException { InnerExceptions: [var only] } => SentenceOf(only),
        IOException => exception.Message,
        _ => null,
    };
}
