using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>One person or machine identity for each role, and those whose tokens have ended.</summary>
internal sealed class Cast(CodeSigningServer server, ApiClient administrator)
{
    public const string Password = "a password that all of them have";

    private readonly Dictionary<Role, (string Email, string Id, ApiClient Client)> _people = [];
    private readonly Dictionary<Role, (string Id, ApiClient Client)> _machines = [];

    /// <summary>Those who come without a valid token: each could do everything if it had one.</summary>
    public List<(string Who, ApiClient Client)> Outsiders { get; } = [("nobody", server.AsNobody())];

    public ApiClient this[Role role] => _machines.TryGetValue(role, out var machine) ? machine.Client : _people[role].Client;

    public string IdOf(Role role) => _machines.TryGetValue(role, out var machine) ? machine.Id : _people[role].Id;

    public bool IsPerson(Role role) => _people.ContainsKey(role);

    public static async Task<Cast> HireAsync(CodeSigningServer server)
    {
        var cast = new Cast(server, await server.AsAdministratorAsync());
        foreach (var role in Enum.GetValues<Role>().Where(role => role != Role.NoToken))
        {
            await cast.HireAsync(role);
        }

        return cast;
    }

    /// <summary>The members that the roles are, as a signer takes them.</summary>
    public object[] Members() =>
    [
        Member(Role.Auditor, "auditor"), Member(Role.Operator, "operator"), Member(Role.OperatorMachine, "operator"),
        Member(Role.Requester, "operator"), Member(Role.Administrator, "administrator"),
        Member(Role.AdministratorMachine, "administrator"),
    ];

    /// <summary>Signs a person in once more; a machine identity keeps the session it has.</summary>
    public async Task<ApiClient> SignInAsync(Role role) => _people.TryGetValue(role, out var person)
        ? server.As(await server.AsNobody().LogInAsync(person.Email, Password))
        : server.As(await LogInAsync(_machines[role].Id));

    /// <summary>Gives a role whose sessions were ended a new one.</summary>
    public async Task ReturnAsync(Role role)
    {
        var client = await SignInAsync(role);
        if (_people.TryGetValue(role, out var person))
        {
            _people[role] = person with { Client = client };
        }
        else
        {
            _machines[role] = _machines[role] with { Client = client };
        }
    }

    /// <summary>Lets product administrators who are members of the signer end in each way in which a token can.</summary>
    public async Task EndTokensAsync(string signerId)
    {
        var ended = await HireOutsiderAsync("one who signed out", signerId);
        (await ended.Client.PostAsync("/api/v1/auth/logout")).Succeeded();

        var disabled = await HireOutsiderAsync("one who was disabled", signerId);
        (await administrator.PatchAsync($"/api/v1/users/{disabled.Id}", new { status = "disabled" })).Succeeded();

        var deleted = await HireOutsiderAsync("one who was deleted", signerId);
        (await administrator.DeleteAsync($"/api/v1/users/{deleted.Id}")).Succeeded();

        Outsiders.Add(("one with an invented token", server.As("cs_" + new string('a', 80))));
    }

    private async Task HireAsync(Role role)
    {
        if (role is Role.StrangerMachine or Role.OperatorMachine or Role.AdministratorMachine)
        {
            var id = await CreateAsync("identities", new { name = role.ToString() });
            _machines[role] = (id, server.As(await LogInAsync(id)));
            return;
        }

        var person = await CreatePersonAsync(role.ToString(), role == Role.ProductAdministrator ? "admin" : "member");
        _people[role] = (person.Email, person.Id, server.As(await server.AsNobody().LogInAsync(person.Email, Password)));
    }

    private async Task<(string Id, ApiClient Client)> HireOutsiderAsync(string who, string signerId)
    {
        var (email, id) = await CreatePersonAsync(who.Replace(' ', '-'), "admin");
        await CreateAsync($"pki/signers/{signerId}/members", new { kind = "user", id, role = "administrator" });
        var client = server.As(await server.AsNobody().LogInAsync(email, Password));
        Outsiders.Add((who, client));
        return (id, client);
    }

    private async Task<(string Email, string Id)> CreatePersonAsync(string name, string productRole)
    {
        var email = $"{name.ToLowerInvariant()}@example.com";
        return (email, await administrator.CreatePersonAsync(email, name, Password, productRole));
    }

    private async Task<string> LogInAsync(string identityId)
    {
        var secret = (await administrator.PostAsync($"/api/v1/identities/{identityId}/client-secrets", new { })).Succeeded();
        return await server.AsNobody().LogInWithSecretAsync(secret.Text("clientId"), secret.Text("clientSecret"));
    }

    private async Task<string> CreateAsync(string what, object body) =>
        (await administrator.PostAsync($"/api/v1/{what}", body)).Succeeded().Text("id");

    private object Member(Role role, string signerRole) =>
        new { kind = _machines.ContainsKey(role) ? "identity" : "user", id = IdOf(role), role = signerRole };
}
