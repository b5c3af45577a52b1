using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// Runs <c>pg_dump</c> and <c>pg_restore</c> as the role that owns the schema. How they reach the database, the password too, goes by
/// their environment, which other users cannot see.
/// </summary>
internal static class PostgreSqlTools
{
    private const int LongestComplaint = 2000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Dumps the database in the custom format.</summary>
    /// <param name="connection">The connection string of Npgsql.</param>
    /// <param name="read">Reads the dump; it ends the reading by the given task, which fails where the dump is not whole.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The program is missing, or failed.</exception>
    public static async Task DumpAsync(string connection, Func<Stream, Func<Task>, Task> read, CancellationToken cancellationToken)
    {
        using var process = Start("pg_dump", connection, ["--format=custom"]);
        try
        {
            process.StandardInput.Close();
            var complaint = process.StandardError.ReadToEndAsync(cancellationToken);
            await read(process.StandardOutput.BaseStream, () => EndAsync(process, "pg_dump", complaint, cancellationToken));
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>Restores a dump into an empty database, in one transaction: all of it or nothing.</summary>
    /// <param name="connection">The connection string of Npgsql.</param>
    /// <param name="write">Writes the dump; where it fails, nothing is restored.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The program is missing, or failed.</exception>
    public static async Task RestoreAsync(string connection, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        var database = new NpgsqlConnectionStringBuilder(connection).Database ?? "";
        var quoted = database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        using var process = Start("pg_restore", connection, ["--exit-on-error", "--single-transaction", $"--dbname=dbname='{quoted}'"]);
        try
        {
            var complaint = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            try
            {
                await write(process.StandardInput.BaseStream);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // Where it ended before it had read all, its own complaint says why.
                if (!await HasEndedAsync(process))
                {
                    throw;
                }
            }

            await EndAsync(process, "pg_restore", complaint, cancellationToken);
            await output;
        }
        finally
        {
            Kill(process);
        }
    }

    private static Process Start(string program, string connection, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in VariablesOf(new NpgsqlConnectionStringBuilder(connection)))
        {
            if (!string.IsNullOrEmpty(value))
            {
                start.Environment[name] = value;
            }
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"{program} cannot be run ({missing.Message}): install PostgreSQL's client programs, of the server's version or a later one.", missing);
        }
    }

    // libpq's variables for what Npgsql calls otherwise.
    private static (string Name, string? Value)[] VariablesOf(NpgsqlConnectionStringBuilder connection) =>
    [
        ("PGHOST", connection.Host), ("PGPORT", connection.Port.ToString(CultureInfo.InvariantCulture)), ("PGDATABASE", connection.Database),
        ("PGUSER", connection.Username), ("PGPASSWORD", connection.Password), ("PGPASSFILE", connection.Passfile),
        ("PGSSLMODE", ModeOf(connection.SslMode)), ("PGSSLROOTCERT", connection.RootCertificate), ("PGSSLCERT", connection.SslCertificate),
        ("PGSSLKEY", connection.SslKey), ("PGCONNECT_TIMEOUT", connection.Timeout.ToString(CultureInfo.InvariantCulture)),
    ];

    private static string ModeOf(SslMode mode) => mode switch
    {
        SslMode.Disable => "disable",
        SslMode.Allow => "allow",
        SslMode.Prefer => "prefer",
        SslMode.Require => "require",
        SslMode.VerifyCA => "verify-ca",
        SslMode.VerifyFull => "verify-full",
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    private static async Task EndAsync(Process process, string program, Task<string> complaint, CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        var text = (await complaint).Trim();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} ended with status {process.ExitCode}: {text[..Math.Min(text.Length, LongestComplaint)]}");
        }
    }

    private static async Task<bool> HasEndedAsync(Process process)
    {
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.HasExited;
    }

    private static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
    }
}
