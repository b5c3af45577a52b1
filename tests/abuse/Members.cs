using System.Net;
using System.Security.Cryptography;

namespace CodeSigning.Abuse.Tests;

/// <summary>Accounts that floods are made with.</summary>
internal static class Members
{
    private const string Algorithm = "ECDSA_SHA256";

    /// <summary>An operator of the honest client's signer, and without a grant.</summary>
    public static async Task<Api> OperatorAsync(Target target)
    {
        var machine = await target.Deployment.CreateIdentityAsync($"operator-{Guid.NewGuid():n}");
        await AddAsync(target, "identity", machine.Id, "operator");
        return await Api.SignInAsync(target.Address, machine);
    }

    /// <summary>A person who is an administrator of the honest client's signer, and a machine that is an operator of it.</summary>
    public static async Task<(Api Administrator, string GranteeId)> AdministratorOfSignerAsync(Target target)
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var (personId, password) = await target.Deployment.CreatePersonAsync(email);
        var machine = await target.Deployment.CreateIdentityAsync($"grantee-{Guid.NewGuid():n}");
        await AddAsync(target, "user", personId, "administrator");
        await AddAsync(target, "identity", machine.Id, "operator");
        return (await Api.SignInAsync(target.Address, email, password), machine.Id);
    }

    /// <summary>A machine that is a member of nothing.</summary>
    public static async Task<Api> StrangerAsync(Target target) =>
        await Api.SignInAsync(target.Address, await target.Deployment.CreateIdentityAsync($"stranger-{Guid.NewGuid():n}"));

    /// <summary>An operator whose only grant is used up.</summary>
    public static async Task<Api> OperatorWithSpentGrantAsync(Target target)
    {
        var member = await OperatorAsync(target);
        await GrantAsync(target, member, new { justification = "release", requestedSignings = 1 });
        var (status, body) = await member.SignAsync(target.Signer.Id, RandomNumberGenerator.GetBytes(32), Algorithm);
        Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
        return member;
    }

    /// <summary>An operator with so many grants, each for a digest that it does not send.</summary>
    public static async Task<Api> OperatorWithOtherDigestsAsync(Target target, int grants)
    {
        var member = await OperatorAsync(target);
        for (var i = 0; i < grants; i++)
        {
            var digest = $"sha256:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}";
            await GrantAsync(target, member, new { justification = "release", requestedSignings = 1, scope = new { digests = new[] { digest } } });
        }

        return member;
    }

    /// <summary>A person who has signed in, and the password.</summary>
    public static async Task<(Api Person, string Email, string Password)> PersonAsync(Target target)
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var (_, password) = await target.Deployment.CreatePersonAsync(email);
        return (await Api.SignInAsync(target.Address, email, password), email, password);
    }

    /// <summary>A product administrator.</summary>
    public static async Task<Api> AdministratorAsync(Target target)
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var (_, password) = await target.Deployment.CreatePersonAsync(email, productRole: "admin");
        return await Api.SignInAsync(target.Address, email, password);
    }

    private static async Task AddAsync(Target target, string kind, string id, string role) =>
        await target.Deployment.Administrator.PostAsync($"/api/v1/pki/signers/{target.Signer.Id}/members", new { kind, id, role });

    private static async Task GrantAsync(Target target, Api member, object terms)
    {
        var request = await member.PostAsync($"/api/v1/pki/signers/{target.Signer.Id}/requests", terms);
        await target.Signer.Approver.PostAsync($"/api/v1/pki/approval-requests/{Api.Text(request, "id")}/approve", new { });
    }
}
