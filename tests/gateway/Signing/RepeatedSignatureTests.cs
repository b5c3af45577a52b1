using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Idempotency keys on signatures, and batches.</summary>
public sealed class RepeatedSignatureTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    private static readonly byte[] Data = [1, 2, 3];

    [Fact]
    public async Task Same_key_gets_the_same_signature_and_no_second_entry()
    {
        var signer = await world.NewSignerAsync();
        var key = SigningWorld.UniqueName();

        var first = (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false, idempotencyKey: key)).Succeeded();
        var second = (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false, idempotencyKey: key)).Succeeded();

        Assert.Equal(first.BodyText, second.BodyText);
        var entries = (await world.Administrator.GetAsync($"/api/v1/pki/signers/{signer}/operations?status=success")).Json.GetProperty("items");
        Assert.Single(entries.EnumerateArray(), entry => entry.GetProperty("kind").GetString() == "sign");
        (await world.SignAsync(signer, "ECDSA_SHA256", [1], isDigest: false, idempotencyKey: key)).Refused(409, "IdempotencyMismatch");
        (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false, "?ecdsaFormat=raw", key)).Refused(409, "IdempotencyMismatch");
    }

    [Fact]
    public async Task Signer_addressed_by_name_is_the_same_signer()
    {
        var signer = await world.NewSignerAsync();
        var name = (await world.Administrator.GetAsync($"/api/v1/pki/signers/{signer}")).Succeeded().Text("name");
        var key = SigningWorld.UniqueName();

        var byId = (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false, idempotencyKey: key)).Succeeded();
        var byName = (await world.SignAsync(name, "ECDSA_SHA256", Data, isDigest: false, idempotencyKey: key)).Succeeded();

        Assert.Equal(byId.BodyText, byName.BodyText);
    }

    [Fact]
    public async Task Idempotency_keys_are_separate_per_caller_and_signer()
    {
        var (first, second) = (await world.NewSignerAsync(), await world.NewSignerAsync());
        var identity = (await world.Administrator.PostAsync("/api/v1/identities", new { name = SigningWorld.UniqueName() })).Succeeded().Text("id");
        var secret = (await world.Administrator.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { })).Succeeded();
        (await world.Administrator.PostAsync($"/api/v1/pki/signers/{first}/members", new { kind = "identity", id = identity, role = "operator" }))
            .Succeeded();
        var nobody = world.Server.AsNobody();
        var machine = world.Server.As(await nobody.LogInWithSecretAsync(secret.Text("clientId"), secret.Text("clientSecret")));
        var key = SigningWorld.UniqueName();
        var body = new { data = Convert.ToBase64String(Data), signingAlgorithm = "ECDSA_SHA256", isDigest = false };

        ApiAnswer[] answers =
        [
            await world.Administrator.PostAsync(SigningWorld.SignPath(first), body, key),
            await machine.PostAsync(SigningWorld.SignPath(first), body, key),
            await world.Administrator.PostAsync(SigningWorld.SignPath(second), body, key),
        ];

        Assert.Equal(3, answers.Select(answer => answer.Succeeded().Text("operationId")).Distinct().Count());
        (await nobody.PostAsync(SigningWorld.SignPath(first), body, key)).Refused(401, "Unauthenticated");
    }

    [Fact]
    public async Task Disabled_signer_repeats_stored_answers_and_signs_nothing_new()
    {
        var signer = await world.NewSignerAsync();
        var key = SigningWorld.UniqueName();
        var first = (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false, idempotencyKey: key)).Succeeded();
        (await world.Administrator.PatchAsync($"/api/v1/pki/signers/{signer}/status", new { status = "disabled" })).Succeeded();

        Assert.Equal(
            first.Text("operationId"),
            (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false, idempotencyKey: key)).Succeeded().Text("operationId"));
        (await world.SignAsync(signer, "ECDSA_SHA256", Data, isDigest: false)).Refused(400, "SignerDisabled");
    }

    [Fact]
    public async Task Batch_signs_valid_items_and_explains_each_refusal()
    {
        var signer = await world.NewSignerAsync();
        object Item(byte[] data, bool isDigest) =>
            new { data = Convert.ToBase64String(data), signingAlgorithm = "ECDSA_SHA256", isDigest };
        var body = new { items = new[] { Item(Data, false), Item(new byte[31], true), Item(new byte[32], true) } };
        var key = SigningWorld.UniqueName();

        var answer = (await world.Administrator.PostAsync($"{SigningWorld.SignPath(signer)}/batch", body, key)).Succeeded();
        var again = (await world.Administrator.PostAsync($"{SigningWorld.SignPath(signer)}/batch", body, key)).Succeeded();

        var items = answer.Json.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([200, 400, 200], items.Select(item => item.GetProperty("status").GetInt32()));
        Assert.Equal("DigestLengthMismatch", items[1].GetProperty("code").GetString());
        Assert.NotEqual(items[0].GetProperty("operationId").GetString(), items[2].GetProperty("operationId").GetString());
        Assert.Equal(answer.BodyText, again.BodyText);
    }
}
