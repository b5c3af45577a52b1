namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>What cannot be signed is refused with the code that says why.</summary>
public sealed class RefusedSignatureTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    public static TheoryData<string, string, int> AlgorithmsOfAnotherKey()
    {
        var rows = new TheoryData<string, string, int>();
        foreach (var (bits, length) in new[] { (256, 32), (384, 48), (512, 64) })
        {
            rows.Add($"RSASSA_PKCS1_V1_5_SHA{bits}", "EC_P256", length);
            rows.Add($"RSASSA_PSS_SHA{bits}", "EC_P521", length);
            rows.Add($"ECDSA_SHA{bits}", "RSA_2048", length);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(AlgorithmsOfAnotherKey))]
    public async Task Algorithm_of_another_kind_of_key_is_refused(string algorithm, string keyAlgorithm, int digestLength)
    {
        var signer = await world.SignerWithAsync(keyAlgorithm);

        foreach (var isDigest in new[] { true, false })
        {
            var answer = (await world.SignAsync(signer, algorithm, new byte[digestLength], isDigest)).Refused(400, "AlgorithmKeyMismatch");
            Assert.Contains(algorithm, answer.Text("detail"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("SHA1withRSA")]
    [InlineData("RSASSA_PKCS1_V1_5_SHA1")]
    [InlineData("RSASSA_PKCS1_V1_5_SHA_1")]
    [InlineData("rsassa_pkcs1_v1_5_sha256")]
    [InlineData("ECDSA_SHA256 ")]
    [InlineData("1")]
    [InlineData("")]
    public async Task Unknown_algorithm_is_refused(string algorithm) =>
        (await world.SignAsync(await world.SignerWithAsync("EC_P256"), algorithm, new byte[32], isDigest: true))
            .Refused(400, "UnsupportedAlgorithm");

    [Theory]
    [InlineData("ECDSA_SHA256", 31)]
    [InlineData("ECDSA_SHA256", 33)]
    [InlineData("ECDSA_SHA256", 48)]
    [InlineData("ECDSA_SHA384", 32)]
    [InlineData("ECDSA_SHA512", 48)]
    public async Task Digest_of_another_length_is_refused(string algorithm, int length) =>
        (await world.SignAsync(await world.SignerWithAsync("EC_P256"), algorithm, new byte[length], isDigest: true))
            .Refused(400, "DigestLengthMismatch");

    [Fact]
    public async Task Empty_data_and_more_than_128_bytes_are_refused()
    {
        var signer = await world.SignerWithAsync("EC_P256");

        (await world.SignAsync(signer, "ECDSA_SHA256", new byte[128], isDigest: false)).Succeeded();
        (await world.SignAsync(signer, "ECDSA_SHA256", new byte[129], isDigest: false)).Refused(400, "InvalidData");
        (await world.SignAsync(signer, "ECDSA_SHA256", [], isDigest: false)).Refused(400, "InvalidData");
    }

    [Fact]
    public async Task Disabled_signer_refuses_and_records_the_denial()
    {
        var signer = await world.NewSignerAsync();
        (await world.Administrator.PatchAsync($"/api/v1/pki/signers/{signer}/status", new { status = "disabled" })).Succeeded();

        var denial = (await world.SignAsync(signer, "ECDSA_SHA256", new byte[32], isDigest: true)).Refused(400, "SignerDisabled");

        var entry = (await world.Administrator.GetAsync($"/api/v1/pki/signers/{signer}/operations/{denial.Text("operationId")}")).Succeeded();
        Assert.Equal(("denied", "SignerDisabled"), (entry.Text("outcome"), entry.Text("code")));
    }

    [Fact]
    public async Task Stranger_gets_one_answer_for_existing_and_missing_signers()
    {
        const string email = "stranger@example.com", password = "a password of nobody's";
        await world.Administrator.CreatePersonAsync(email, "Stranger", password);
        var stranger = world.Server.As(await world.Server.AsNobody().LogInAsync(email, password));
        var body = new { data = "AAAA", signingAlgorithm = "ECDSA_SHA256", isDigest = false };

        var there = await stranger.PostAsync($"/api/v1/pki/signers/{await world.NewSignerAsync()}/sign", body);
        var missing = await stranger.PostAsync("/api/v1/pki/signers/sgn_00000000000000000000000000/sign", body);

        Assert.Equal(missing.Refused(404, "NotFound").BodyText, there.Refused(404, "NotFound").BodyText);
    }
}
