using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Pages.Tests.Scenes;

/// <summary>A team with a signer whose signatures need the approval of two steps, and what it has requested.</summary>
internal sealed class Scene
{
    public const string Password = "a password of the team's";

    private static readonly string[] Digests = ["sha256:0bb3c707dbaef270dc9505096e676be7f10d46d827baed2722fbb9e4fed66787"];
    private static readonly string[] Hosts = ["build-07"];
    private static readonly string[] Tools = ["signtool"];

    private readonly CodeSigningServer _server;
    private readonly ApiClient _administrator;

    private Scene(CodeSigningServer server, ApiClient administrator)
    {
        _server = server;
        _administrator = administrator;
    }

    public ApiClient Administrator => _administrator;

    /// <summary>Asks for signatures.</summary>
    public Person Ada { get; private set; } = null!;

    /// <summary>Votes in the first step.</summary>
    public Person Ben { get; private set; } = null!;

    /// <summary>Votes in the second step.</summary>
    public Person Cleo { get; private set; } = null!;

    /// <summary>Reads what the signer <c>nightly</c> does.</summary>
    public Person Eli { get; private set; } = null!;

    /// <summary>Administers the signers that have no policy, and nothing else.</summary>
    public Person Gus { get; private set; } = null!;

    /// <summary>A product administrator, and a member of no signer.</summary>
    public Person Hanna { get; private set; } = null!;

    /// <summary>The machine identity that signs with <c>nightly</c>.</summary>
    public string Machine { get; private set; } = null!;

    /// <summary>Has no part in anything.</summary>
    public Person Dora { get; private set; } = null!;

    public static async Task<Scene> BuildAsync(CodeSigningServer server)
    {
        var scene = new Scene(server, await server.AsAdministratorAsync());
        scene.Ada = await scene.NewPersonAsync("Ada Okafor");
        scene.Ben = await scene.NewPersonAsync("Ben Lindqvist");
        scene.Cleo = await scene.NewPersonAsync("Cleo Marchetti");
        scene.Dora = await scene.NewPersonAsync("Dora Novak");
        await scene.NewSignerAsync("release");
        await scene.NewRequestAsync("release", "Hotfix for field outage INC-7731, limited to the EU ring.");
        await scene.NewTeamAsync();
        return scene;
    }

    /// <summary>Makes a person who has chosen a password, and is signed in.</summary>
    public async Task<Person> NewPersonAsync(string name, string productRole = "member")
    {
        var email = $"{name.Split(' ')[0].ToLowerInvariant()}-{Guid.NewGuid():n}@example.com";
        var id = await _administrator.CreatePersonAsync(email, name, Password, productRole);
        return new Person(id, name, email, await _server.AsNobody().LogInAsync(email, Password));
    }

    /// <summary>Makes a signer that Ada may sign with, under a policy with Ben or another in its first step and Cleo in its second.</summary>
    public async Task NewSignerAsync(string name, Person? first = null, string? secondFactorWithin = null)
    {
        var ca = (await _administrator.PostAsync(
            "/api/v1/pki/ca", new { commonName = $"Example Root of {name}", keyAlgorithm = "EC_P384", ttlDays = 3650 })).Succeeded().Text("id");
        var policy = (await _administrator.PostAsync("/api/v1/pki/signing-policies", new
        {
            name = $"Two steps for {name}",
            constraints = new { maxWindowDuration = "8h", maxSignings = 10 },
            steps = new[]
            {
                new { name = "Team lead", approvers = new[] { new { kind = "user", id = (first ?? Ben).Id } }, requiredApprovals = 1 },
                new { name = "Security", approvers = new[] { new { kind = "user", id = Cleo.Id } }, requiredApprovals = 1 },
            },
            secondFactorWithin,
        })).Succeeded().Text("id");
        (await _administrator.PostAsync("/api/v1/pki/signers", new
        {
            name,
            caId = ca,
            commonName = "Example Ltd",
            keyAlgorithm = "EC_P256",
            approvalPolicyId = policy,
            members = new[] { new { kind = "user", id = Ada.Id, role = "operator" } },
        })).Succeeded();
    }

    /// <summary>Makes a signer without a policy, or under one, which Ada and a machine identity sign with, Eli reads and Gus administers.</summary>
    public async Task NewOpenSignerAsync(string name, string description = "Nightly builds of the desktop client", string? policy = null) =>
        (await _administrator.PostAsync("/api/v1/pki/signers", new
        {
            name,
            description,
            approvalPolicyId = policy,
            caId = "Example Root of release",
            commonName = "Example Ltd",
            keyAlgorithm = "EC_P256",
            members = new[]
            {
                new { kind = "user", id = Ada.Id, role = "operator" },
                new { kind = "identity", id = Machine, role = "operator" },
                new { kind = "user", id = Eli.Id, role = "auditor" },
                new { kind = "user", id = Gus.Id, role = "administrator" },
            },
        })).Succeeded();

    /// <summary>Signs, or is denied; gives the answer.</summary>
    public async Task<ApiAnswer> SignAsync(Person person, string signer) =>
        await _server.As(person.Token).PostAsync($"/api/v1/pki/signers/{signer}/sign", new
        {
            data = Convert.ToBase64String(new byte[32]),
            signingAlgorithm = "ECDSA_SHA256",
            isDigest = true,
            clientMetadata = new { tool = "osslsigncode", hostname = "build-07", fileName = "Setup.exe" },
        });

    /// <summary>Grants Ada signatures without a request; gives the grant's id.</summary>
    public async Task<string> PreApproveAsync(string signer) =>
        (await _administrator.PostAsync($"/api/v1/pki/signers/{signer}/requests/pre-approve", new
        {
            grantee = new { kind = "user", id = Ada.Id },
            justification = "The release of the week.",
            requestedSignings = 5,
            requestedWindowDuration = "8h",
        })).Succeeded().Text("id");

    private async Task NewTeamAsync()
    {
        Eli = await NewPersonAsync("Eli Haddad");
        Gus = await NewPersonAsync("Gus Weber");
        Hanna = await NewPersonAsync("Hanna Sato", "admin");
        Machine = (await _administrator.PostAsync("/api/v1/identities", new { name = "Build pipeline" })).Succeeded().Text("id");
        await NewOpenSignerAsync("nightly");
        (await SignAsync(Ada, "nightly")).Succeeded();
        (await SignAsync(Ada, "release")).Refused(403, "ApprovalRequired");
        await PreApproveAsync("release");
        (await SignAsync(Ada, "release")).Succeeded();
    }

    /// <summary>Ada requests signatures; gives the request's id.</summary>
    public async Task<string> NewRequestAsync(string signer, string justification, bool isBounded = true) =>
        (await _server.As(Ada.Token).PostAsync($"/api/v1/pki/signers/{signer}/requests", new
        {
            justification,
            requestedSignings = 2,
            requestedWindowDuration = "4h",
            scope = isBounded ? new { digests = Digests, hostnames = Hosts, tools = Tools } : null,
        })).Succeeded().Text("id");

    /// <summary>Gives a person an authenticator app.</summary>
    public async Task<Authenticator> EnrolAsync(Person person)
    {
        var client = _server.As(person.Token);
        var begun = (await client.PostAsync("/api/v1/me/factors/totp", new { currentPassword = Password })).Succeeded();
        var app = new Authenticator(begun.Text("secret"), TimeProvider.System);
        (await client.PostAsync("/api/v1/me/factors/totp/confirm", new { code = app.Code })).Succeeded();
        return app;
    }

    /// <summary>Reads a request as somebody.</summary>
    public async Task<string> StatusOfAsync(string request, Person reader) =>
        (await _server.As(reader.Token).GetAsync($"/api/v1/pki/approval-requests/{request}")).Succeeded().Text("status");
}

/// <summary>Somebody of the team.</summary>
internal sealed record Person(string Id, string Name, string Email, string Token);
