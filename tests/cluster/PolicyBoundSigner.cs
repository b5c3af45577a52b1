namespace CodeSigning.Cluster.Tests;

/// <summary>A signer under a policy, the machine that may sign with it by a grant, and the person who approves.</summary>
internal sealed record PolicyBoundSigner(string Id, MachineIdentity Grantee, Api Machine, Api Approver) : IDisposable
{
    /// <summary>Has the machine ask for a grant and the person approve it.</summary>
    /// <returns>The grant's id.</returns>
    public async Task<string> GrantAsync(int signatures)
    {
        var request = await RequestAsync(signatures);
        var approved = await Approver.PostUntilAnsweredAsync($"/api/v1/pki/approval-requests/{request}/approve", new { });
        return Api.Text(approved, "grantId");
    }

    /// <summary>Has the machine ask for a grant.</summary>
    /// <returns>The request's id.</returns>
    public async Task<string> RequestAsync(int signatures) => Api.Text(
        await Machine.PostUntilAnsweredAsync(
            $"/api/v1/pki/signers/{Id}/requests", new { justification = "release", requestedSignings = signatures }),
        "id");

    public void Dispose()
    {
        Machine.Dispose();
        Approver.Dispose();
    }
}
