using CodeSigning.Contract;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Identities;
using CodeSigning.Signing;
using Xunit;

namespace CodeSigning.Grains.Tests.Signers;

/// <summary>What a node keeps of signers, and what makes it read them again.</summary>
public sealed class KnownSignersTests : ApprovalSuite
{
    private KnownSigners Known => House.Get<KnownSigners>();

    [Fact]
    public async Task Signer_is_read_once()
    {
        var read = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => FindAsync())));
        Assert.Single(read.Distinct(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public async Task Stale_rows_of_others_keep_a_signers_cached_facts()
    {
        var known = await FindAsync();
        Known.Forget(known, [new StateVersion(StateTypes.Grant, "gnt_1", 2), new StateVersion(StateTypes.User, Rae.Id, 2)]);
        Assert.Same(known, await FindAsync());
    }

    [Theory]
    [InlineData(StateTypes.Signer)]
    [InlineData(StateTypes.Group)]
    [InlineData(StateTypes.Certificate)]
    [InlineData(StateTypes.CertificateAuthority)]
    [InlineData(StateTypes.Policy)]
    public async Task Stale_facts_of_a_signer_are_read_again_once(string type)
    {
        var known = await FindAsync();
        StateVersion[] actual = [new(type, "any", 2)];
        Known.Forget(known, actual);
        var fresh = await FindAsync();
        Assert.NotSame(known, fresh);

        // Who decided from the old copy too finds that it was read again already.
        Known.Forget(known, actual);
        Assert.Same(fresh, await FindAsync());
    }

    [Fact]
    public async Task Unknown_signer_is_found_once_it_exists()
    {
        Assert.Null(await Known.FindAsync("sgn_00000000000000000000000000", CancellationToken.None));
        var signerId = await House.AddSignerAsync(null, Administrator);
        Assert.Equal(signerId, (await Known.FindAsync(signerId, CancellationToken.None))!.Facts.State.Id);
    }

    [Fact]
    public async Task Grants_evicted_by_an_overflow_are_read_again()
    {
        var grantId = await GrantAsync();
        var grants = (await FindAsync()).Grants;
        Assert.Equal([grantId], await IdsAsync(grants, Rae));
        for (var i = 0; i <= 10_000; i++)
        {
            Assert.Empty(await IdsAsync(grants, new PrincipalRef(PrincipalKind.Identity, $"idn_{i}")));
        }

        Assert.Equal([grantId], await IdsAsync(grants, Rae));
    }

    private static async Task<IEnumerable<string>> IdsAsync(LiveGrants grants, PrincipalRef grantee)
    {
        SigningQuestion question = new(SigningAlgorithm.EcdsaSha256, "", null, null, null);
        var found = await grants.FindAsync(grantee, "", 0, question, fresh: false, CancellationToken.None);
        return found.Select(grant => grant.Row.Id);
    }

    private async Task<KnownSigner> FindAsync() => (await Known.FindAsync(SignerId, CancellationToken.None))!;
}
