using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace CodeSigning.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own, on a Unix socket in a temporary directory, with everything flushed to disk as in
/// production. It ends with the test process, however that ends: the shell that started it reads a pipe from this process
/// and stops the server when the pipe closes. It may listen at an address too, for nodes on other networks.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    /// <summary>The role that owns the schema.</summary>
    public const string OwnerRole = "codesigning_owner";

    /// <summary>The role that the service works as.</summary>
    public const string ServiceRole = "codesigning_service";

    // As root there is no server: it refuses. Then it runs as the user that Debian's package makes.
    private const string Script =
        """
        set -eu
        dir=$1
        if [ "$(id -u)" = 0 ]; then
          chown postgres: "$dir"
          as="setpriv --reuid=postgres --regid=postgres --clear-groups"
        else
          as=""
        fi
        if ! [ -d "$dir/data" ]; then
          $as initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1
          [ -z "$3" ] || echo "host all all $3 trust" >>"$dir/data/pg_hba.conf"
        fi
        $as postgres -D "$dir/data" -k "$dir" -c listen_addresses="$2" -c max_connections=200 -c shared_buffers=64MB \
          -c fsync=on -c synchronous_commit=on -c log_min_messages=warning >>"$dir/server.log" 2>&1 &
        server=$!
        echo "$server"
        cat >/dev/null
        kill -INT "$server" 2>/dev/null || true
        wait "$server" || true
        """;

    private static readonly SemaphoreSlim SharedGate = new(1, 1);
    private static PostgreSqlServer? s_shared;

    private readonly TemporaryDirectory _directory;
    private readonly string _listenAddress;
    private readonly string _clients;
    private Process? _shell;
    private int _serverId;
    private int _databases;

    private PostgreSqlServer(TemporaryDirectory directory, string listenAddress, string clients)
    {
        _directory = directory;
        _listenAddress = listenAddress;
        _clients = clients;
    }

    /// <summary>The one server that the tests of a process share; it ends with the process.</summary>
    public static async Task<PostgreSqlServer> SharedAsync()
    {
        await SharedGate.WaitAsync();
        try
        {
            return s_shared ??= await StartAsync();
        }
        finally
        {
            SharedGate.Release();
        }
    }

    /// <summary>Makes and starts a server.</summary>
    public static Task<PostgreSqlServer> StartAsync() => StartAsync(new TemporaryDirectory(), listenAddress: "", clients: "");

    /// <summary>Makes and starts a server that is reached by TCP too.</summary>
    /// <param name="directory">Where its files are; the server's from now on.</param>
    /// <param name="listenAddress">The address that it listens at, on PostgreSQL's port.</param>
    /// <param name="clients">The network that its clients come from, such as 10.0.0.0/16.</param>
    public static async Task<PostgreSqlServer> StartAsync(TemporaryDirectory directory, string listenAddress, string clients)
    {
        PostgreSqlServer server = new(directory, listenAddress, clients);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.RemoveFiles();
        await server.ResumeAsync();
        await server.ExecuteAsync(
            "postgres",
            $"CREATE ROLE {OwnerRole} LOGIN; CREATE ROLE {ServiceRole} LOGIN;");
        return server;
    }

    /// <summary>A connection string; the superuser's where no role is given.</summary>
    public string ConnectionString(string database, string role = "postgres") => new NpgsqlConnectionStringBuilder
    {
        Host = _directory.Path,
        Database = database,
        Username = role,
        IncludeErrorDetail = true,
    }.ToString();

    /// <summary>Makes an empty database that the owner's role owns.</summary>
    public async Task<PostgreSqlDatabase> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync("postgres", $"CREATE DATABASE {name} OWNER {OwnerRole}");
        return new PostgreSqlDatabase(this, name);
    }

    /// <summary>Makes a copy of a database that nobody is connected to.</summary>
    public async Task<PostgreSqlDatabase> CopyDatabaseAsync(PostgreSqlDatabase original)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync("postgres", $"CREATE DATABASE {name} OWNER {OwnerRole} TEMPLATE {original.Name}");
        return new PostgreSqlDatabase(this, name);
    }

    /// <summary>Asks for one value as the superuser.</summary>
    public async Task<object?> AskAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = new(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Runs SQL as the superuser.</summary>
    public async Task ExecuteAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = new(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends the server as a power cut would: without any farewell.</summary>
    public async Task KillAsync()
    {
        // Its parent sees the death and takes the other processes of the server down.
        using var killer = Process.Start("kill", ["-QUIT", _serverId.ToString(CultureInfo.InvariantCulture)]);
        await killer.WaitForExitAsync();
        await StopShellAsync();
    }

    /// <summary>Starts the server on the files that it has.</summary>
    public async Task ResumeAsync()
    {
        await StopShellAsync(); // Of a server that ended by itself.
        ProcessStartInfo start = new("sh", ["-c", Script, "sh", _directory.Path, _listenAddress, _clients])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:{FindBinaries()}";
        start.Environment["LC_ALL"] = "C.UTF-8";
        _shell = Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
        var line = await _shell.StandardOutput.ReadLineAsync();
        if (!int.TryParse(line, CultureInfo.InvariantCulture, out _serverId))
        {
            throw new InvalidOperationException("PostgreSQL did not start: " + ReadLogs());
        }

        await WaitUntilReadyAsync();
    }

    /// <summary>Whether it ended by itself.</summary>
    public bool HasEnded => !File.Exists($"/proc/{_serverId}/status")
        || File.ReadAllText($"/proc/{_serverId}/status").Contains("State:\tZ", StringComparison.Ordinal); // Its shell waits at the end.

    public ValueTask DisposeAsync() => DisposeAsync(() => Task.CompletedTask);

    /// <summary>Stops it and removes its files.</summary>
    /// <param name="afterStop">What is done in between, such as to unmount its disk.</param>
    public async ValueTask DisposeAsync(Func<Task> afterStop)
    {
        await StopShellAsync();
        await afterStop();
        RemoveFiles();
    }

    private static string FindBinaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(path => Path.Combine(path, "bin")).Order(StringComparer.Ordinal).Last()
            : "/usr/bin";

    private async Task WaitUntilReadyAsync()
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (deadline.Elapsed < TimeSpan.FromSeconds(60) && !_shell!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
            catch (NpgsqlException exception)
            {
                throw new InvalidOperationException("PostgreSQL did not start: " + ReadLogs(), exception);
            }
        }
    }

    private string ReadLogs() => string.Concat(
        Directory.GetFiles(_directory.Path, "*.log").Select(File.ReadAllText));

    private async Task StopShellAsync()
    {
        if (_shell is not { } shell)
        {
            return;
        }

        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        shell.Dispose();
        _shell = null;
    }

    private void RemoveFiles()
    {
        if (_shell is { HasExited: false } shell)
        {
            shell.StandardInput.Close();
            shell.WaitForExit(TimeSpan.FromSeconds(20));
        }

        _directory.Dispose();
    }
}
