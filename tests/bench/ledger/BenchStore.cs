using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Ledger.Bench;

/// <summary>A store with the states that a signature's decision rests on.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    private static readonly string[] ReadSet = ["signer/sgn_1", "certificate/crt_1", "ca/cas_1", "identity/idn_1", "session/ses_1", "secret/sec_1", "grant/gnt_1"];

    private readonly ServiceProvider _services;
    private readonly TemporaryDirectory _directory;

    private BenchStore(ServiceProvider services, TemporaryDirectory directory, PostgreSqlDatabase? postgreSql)
    {
        _services = services;
        _directory = directory;
        PostgreSql = postgreSql;
    }

    public PostgreSqlDatabase? PostgreSql { get; }

    public ILedger Ledger => Get<ILedger>();

    public string SqliteFile => Get<Microsoft.Extensions.Options.IOptions<StorageOptions>>().Value.SqliteFile;

    public static async Task<BenchStore> OpenAsync(bool postgreSql)
    {
        TemporaryDirectory directory = new();
        var database = postgreSql ? await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync() : null;
        ServiceCollection services = new();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddLedgerStorage(new StorageOptions
        {
            Database = database?.Service ?? "sqlite",
            Migrate = database?.Owner,
            DataDirectory = directory.Path,
        });
        services.AddSingleton(_ => MasterKey.FromBytes(new byte[MasterKey.Length]));
        services.AddSingleton<KeySealer>();
        services.AddSingleton(provider => new KeyVault(
            provider.GetRequiredService<KeySealer>(), provider.GetRequiredService<ISealedKeyStore>()));
        BenchStore store = new(services.BuildServiceProvider(), directory, database);
        foreach (var service in store.Lifetimes())
        {
            await service.StartingAsync(CancellationToken.None);
        }

        await store.Ledger.CommitAsync(
            new LedgerElement
            {
                Writes =
                [
                    .. ReadSet.Select(name => name.Split('/')).Select(n => new StateWrite(n[0], n[1], 0, "{}"u8.ToArray(), StateIndex.None)),
                    UseCountState.Begin("gnt_1"),
                ],
            },
            CancellationToken.None);
        return store;
    }

    /// <summary>A signature with RSA-3072 under a grant, as the hot path commits it.</summary>
    public static LedgerElement Signature() => new()
    {
        Entry = new EntryDraft
        {
            OperationId = EntityId.New(IdPrefixes.Operation, TimeProvider.System),
            Kind = EntryKind.Sign,
            Outcome = EntryOutcome.Success,
            Actor = new Actor(PrincipalKind.Identity, "idn_01k9hq3v7e8m2n4p6r8s0t2v4w", "release-pipeline"),
            Address = "10.1.2.3",
            SignerId = "sgn_01k9hq3v7e8m2n4p6r8s0t2v4w",
            SignerName = "mobile-app-prod",
            CertificateSerial = "0badc0de0badc0de0badc0de0badc0de",
            SigningAlgorithm = "RSASSA_PSS_SHA256",
            IsDigest = true,
            Data = new byte[32],
            Signature = new byte[384],
            GrantId = "gnt_1",
        },
        ReadSet = [.. ReadSet.Select(name => name.Split('/')).Select(n => new StateVersion(n[0], n[1], 1))],
        Until = TimeProvider.System.GetUtcNow().AddHours(1),
        Use = new GrantUse("gnt_1", null),
    };

    public T Get<T>()
        where T : notnull =>
        _services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Lifetimes())
        {
            await service.StoppedAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
        _directory.Dispose();
    }

    private IEnumerable<IHostedLifecycleService> Lifetimes() =>
        _services.GetServices<IHostedService>().OfType<IHostedLifecycleService>();
}
