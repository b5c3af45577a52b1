using System.Net;

namespace CodeSigning.Abuse.Tests;

/// <summary>
/// An administrator of the honest client's signer causes as much to be told of as the server lets them: requests made and
/// taken back, grants given and revoked, denials.
/// </summary>
internal sealed class DeliveryFlood : Flood
{
    private const int Workers = 16;

    private (Api Member, string GranteeId) _prepared;

    public override async Task PrepareAsync(Target target) => _prepared = await Members.AdministratorOfSignerAsync(target);

    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        var signer = $"/api/v1/pki/signers/{target.Signer.Id}";
        var (member, granteeId) = _prepared;
        using var _ = member;
        var request = new { justification = "x", requestedSignings = 1 };
        var grant = new { grantee = new { kind = "identity", id = granteeId }, justification = "x", requestedSignings = 1 };
        await RepeatAsync(
            Workers,
            async cancelled =>
            {
                await AskAsync(() => member.SignAsync(target.Signer.Id, new byte[32], "ECDSA_SHA256"));
                if (await AskAsync(() => member.TryPostAsync($"{signer}/requests", request)) is { } requestId)
                {
                    await AskAsync(() => member.TryPostAsync($"/api/v1/pki/approval-requests/{requestId}/cancel", new { }));
                }

                if (await AskAsync(() => member.TryPostAsync($"{signer}/requests/pre-approve", grant)) is { } grantId)
                {
                    await AskAsync(() => member.TryPostAsync($"/api/v1/pki/grants/{grantId}/revoke", new { reason = "x" }));
                }
            },
            ended);

        async Task<string?> AskAsync(Func<Task<(HttpStatusCode Status, System.Text.Json.Nodes.JsonObject Body)>> ask)
        {
            CountMade();
            var (status, body) = await ask();
            if (status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            {
                CountRepelled();
            }

            return status == HttpStatusCode.Created ? Api.Text(body, "id") : null;
        }
    }
}
