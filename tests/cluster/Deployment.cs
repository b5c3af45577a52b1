using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>Nodes over one database, and an administrator to set them up.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private const string Email = "admin@example.com";
    private const string Password = "correct horse battery staple";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<Node> _nodes = [];
    private readonly IReadOnlyDictionary<string, string> _furtherSettings;
    private Uri? _address;
    private (string Email, string Password) _credentials = (Email, Password);

    private Deployment(PostgreSqlDatabase? database, IReadOnlyDictionary<string, string>? furtherSettings)
    {
        PostgreSql = database;
        _furtherSettings = furtherSettings ?? new Dictionary<string, string>();
    }

    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The database; null where it is an SQLite file.</summary>
    public PostgreSqlDatabase? PostgreSql { get; }

    /// <summary>The administrator, at the first node.</summary>
    public Api Administrator { get; private set; } = new(new Uri("http://127.0.0.1"));

    private Uri Address => _address ?? _nodes[0].Address;

    /// <summary>The data directory that its nodes share.</summary>
    public string DataDirectory => _directory.Path;

    /// <summary>Starts nodes over a new database.</summary>
    /// <param name="database">The kind of database.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="furtherSettings">Settings that win over those of every deployment.</param>
    public static async Task<Deployment> StartAsync(
        Database database, int nodes, IReadOnlyDictionary<string, string>? furtherSettings = null) => await StartAsync(
            database == Database.PostgreSql ? await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync() : null,
            nodes,
            furtherSettings: furtherSettings);

    /// <summary>Starts nodes over a database that is there already.</summary>
    /// <param name="database">The database; null for an SQLite file.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="masterKey">The master key's file, where the store has one.</param>
    /// <param name="furtherSettings">Settings that win over those of every deployment.</param>
    public static async Task<Deployment> StartAsync(
        PostgreSqlDatabase? database,
        int nodes,
        string? masterKey = null,
        IReadOnlyDictionary<string, string>? furtherSettings = null)
    {
        var deployment = new Deployment(database, furtherSettings);
        if (masterKey is not null)
        {
            File.Copy(masterKey, deployment._directory.File("master.key"));
        }

        for (var i = 0; i < nodes; i++)
        {
            deployment._nodes.Add(await Node.StartAsync(deployment.Settings()));
        }

        await deployment.SignInAsync();
        return deployment;
    }

    /// <summary>The settings of every deployment.</summary>
    public static IReadOnlyDictionary<string, string> SettingsOfAny { get; } = new Dictionary<string, string>
    {
        ["CODESIGNING_ADMIN_EMAIL"] = Email,
        ["CODESIGNING_ADMIN_PASSWORD"] = Password,
        ["CODESIGNING_SIGNATURES_PER_SECOND"] = "1000000",
        ["CODESIGNING_REQUESTS_PER_SECOND"] = "1000000",
    };

    /// <summary>Sets up what is already running, with <see cref="SettingsOfAny"/>, behind an address.</summary>
    public static Task<Deployment> OverAsync(Uri address) => OverAsync(address, Email, Password);

    /// <summary>Sets up what is already running, as an administrator that is there.</summary>
    public static async Task<Deployment> OverAsync(Uri address, string email, string password)
    {
        Deployment deployment = new(database: null, furtherSettings: null) { _address = address, _credentials = (email, password) };
        await deployment.SignInAsync();
        return deployment;
    }

    /// <summary>Signs the administrator in again, where the nodes were gone meanwhile.</summary>
    public async Task SignInAsync()
    {
        Administrator.Dispose();
        Administrator = await Api.SignInAsync(Address, _credentials.Email, _credentials.Password);
    }

    /// <summary>Makes a signer of its own CA and certificate with an operator that is a machine.</summary>
    public async Task<(string SignerId, MachineIdentity Operator)> CreateSignerAsync(string name, string keyAlgorithm = "EC_P256")
    {
        var ca = await Administrator.PostAsync(
            "/api/v1/pki/ca", new { commonName = $"{name} CA", keyAlgorithm, ttlDays = 365 });
        var identity = await CreateIdentityAsync(name + "-ci");
        var signer = await Administrator.PostAsync("/api/v1/pki/signers", new
        {
            name,
            caId = Api.Text(ca, "id"),
            commonName = name,
            keyAlgorithm,
            certificateTtlDays = 30,
            members = new[] { new { kind = "identity", id = identity.Id, role = "operator" } },
        });
        return (Api.Text(signer, "id"), identity);
    }

    /// <summary>Makes a signer under a policy, and a grant on it for a machine.</summary>
    public async Task<(string SignerId, MachineIdentity Grantee, string GrantId)> CreateGrantAsync(string name, int signatures)
    {
        using var signer = await CreatePolicyBoundSignerAsync(name, signatures);
        return (signer.Id, signer.Grantee, await signer.GrantAsync(signatures));
    }

    /// <summary>Makes a signer under a policy that gives at most so many signatures at once.</summary>
    public async Task<PolicyBoundSigner> CreatePolicyBoundSignerAsync(string name, int signatures)
    {
        var (signer, grantee) = await CreateSignerAsync(name);
        var (approver, approverPassword) = await CreatePersonAsync($"{name}@example.com");
        var policy = await Administrator.PostAsync("/api/v1/pki/signing-policies", new
        {
            name = $"{name} policy",
            constraints = new { maxSignings = signatures },
            steps = new[]
            {
                new { approvers = new[] { new { kind = "user", id = approver } }, requiredApprovals = 1 },
            },
        });
        await Administrator.PatchAsync($"/api/v1/pki/signers/{signer}", new { approvalPolicyId = Api.Text(policy, "id") });
        return new PolicyBoundSigner(
            signer,
            grantee,
            await Api.SignInAsync(Address, grantee),
            await Api.SignInAsync(Address, $"{name}@example.com", approverPassword));
    }

    public async Task<MachineIdentity> CreateIdentityAsync(string name)
    {
        var identity = await Administrator.PostAsync("/api/v1/identities", new { name });
        var id = Api.Text(identity, "id");
        var secret = await Administrator.PostAsync($"/api/v1/identities/{id}/client-secrets", new { description = "test" });
        return new MachineIdentity(id, Api.Text(secret, "clientId"), Api.Text(secret, "clientSecret"));
    }

    /// <summary>Makes a person.</summary>
    /// <returns>The person's id and password.</returns>
    public async Task<(string Id, string Password)> CreatePersonAsync(string email, string productRole = "member")
    {
        const string given = "a horse battery that was given", password = "another horse battery staple";
        var person = await Administrator.PostAsync("/api/v1/users", new { email, name = "Person", password = given, productRole });
        using var own = await Api.SignInAsync(Address, email, given);
        await own.PutAsync("/api/v1/me/password", new { currentPassword = given, newPassword = password });
        return (Api.Text(person, "id"), password);
    }

    public async ValueTask DisposeAsync()
    {
        Administrator.Dispose();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _directory.Dispose();
    }

    /// <summary>The settings of one more node, or of a verb.</summary>
    public Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>(SettingsOfAny) { ["CODESIGNING_DATA"] = _directory.Path };
        if (PostgreSql is not null)
        {
            settings["CODESIGNING_DB"] = PostgreSql.Service;
            settings["CODESIGNING_DB_MIGRATE"] = PostgreSql.Owner;
        }

        foreach (var (name, value) in _furtherSettings)
        {
            settings[name] = value;
        }

        return settings;
    }
}
