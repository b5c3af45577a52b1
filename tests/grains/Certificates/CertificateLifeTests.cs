using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>The stages of a certificate, walked at random: owed, active, revoked, and never back.</summary>
public sealed class CertificateLifeTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ChainedCertificate Certificate = new("leaf", "chain", "0a", "aa", Begin, Begin.AddDays(100));

    private enum Step
    {
        Install,
        Revoke,
    }

    [Fact]
    public void Certificate_never_returns_to_an_earlier_stage() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements(Step.Install, Step.Revoke).ListOf().ToArbitrary(),
        steps =>
        {
            var state = new CertificateState { Id = "crt_1", Stage = new CertificateStage.Awaiting("csr") };
            foreach (var step in steps)
            {
                var next = Try(state, step);
                Assert.True(Rank(next) >= Rank(state));
                Assert.Equal(Rank(next) > Rank(state), Expected(state, step));
                state = next;
            }
        }));

    [Fact]
    public void Status_follows_from_stage_issuers_and_clock() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(-1000, 1000).ToArbitrary(),
        Gen.Elements(true, false).ToArbitrary(),
        Gen.Elements(0, 1, 2).ToArbitrary(),
        (days, isIssuerRevoked, rank) =>
        {
            var status = AtRank(rank).StatusAt(Begin.AddDays(days), isIssuerRevoked);
            Assert.Equal(
                (rank, isIssuerRevoked, days >= 100) switch
                {
                    (0, _, _) => CertificateStatus.Awaiting,
                    (2, _, _) or (1, true, _) => CertificateStatus.Revoked,
                    (1, false, true) => CertificateStatus.Expired,
                    _ => CertificateStatus.Active,
                },
                status);
        }));

    [Fact]
    public void Every_stage_survives_storing_and_reading()
    {
        for (var rank = 0; rank <= 2; rank++)
        {
            var state = AtRank(rank) with { PublicKey = new byte[] { 1, 2, 3 }, CaId = "cas_1", CreatedAt = Begin };
            var read = StateJson.Read<CertificateState>(StateJson.Write(state));
            Assert.Equal(state.PublicKey.ToArray(), read.PublicKey.ToArray());
            Assert.Equal(state with { PublicKey = default }, read with { PublicKey = default });
        }
    }

    [Fact]
    public void Certificate_is_listed_by_thumbprint_issuer_stage_and_end()
    {
        Assert.Equal(
            new StateIndex("aa", "cas_1", CertificateWords.Revoked, Begin.AddDays(100)),
            (AtRank(2) with { CaId = "cas_1" }).ToIndex());
        Assert.Equal(new StateIndex(null, null, CertificateWords.Awaiting, null), AtRank(0).ToIndex());
    }

    [Fact]
    public void Read_set_names_certificate_and_every_CA_above_it()
    {
        var line = new IssuerLine([Authority("cas_2", 7, 10, 90), Authority("cas_1", 3, 20, 2000)]);
        var facts = AtRank(1).ToFacts(new StateVersion(StateTypes.Certificate, "crt_1", 5), line);
        Assert.Equal(["certificate/crt_1@5", "ca/cas_2@7", "ca/cas_1@3"], facts.ReadSet.Select(version => version.ToString()));
        Assert.Equal(Begin.AddDays(20), facts.NotBefore);
        Assert.Equal(Begin.AddDays(90), facts.NotAfter);
        Assert.True(facts.IsIssued);
        Assert.False(facts.IsRevoked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Certificate_under_a_revoked_CA_is_revoked(int which)
    {
        ImmutableArray<Row<CertificateAuthorityState>> line = [Authority("cas_2", 7, 0, 100), Authority("cas_1", 3, 0, 100)];
        line = line.SetItem(
            which, line[which] with { State = line[which].State.Revoke(new Revocation(Begin, RevocationReason.CaCompromise)) });
        Assert.True(AtRank(1).ToFacts(default, new IssuerLine(line)).IsRevoked);
    }

    [Fact]
    public void Awaited_certificate_is_not_issued()
    {
        var facts = AtRank(0).ToFacts(default, IssuerLine.None);
        Assert.False(facts.IsIssued);
        Assert.Equal(facts.NotBefore, facts.NotAfter);
    }

    private static CertificateState Try(CertificateState state, Step step)
    {
        try
        {
            return step == Step.Install
                ? state.Install("CN=x", Certificate)
                : state.Revoke(new Revocation(Begin, RevocationReason.Superseded));
        }
        catch (RefusedException refused)
        {
            Assert.Equal(ErrorCode.WrongState, refused.Code);
            return state;
        }
    }

    private static bool Expected(CertificateState state, Step step) => (Rank(state), step) is (0, Step.Install) or (1, Step.Revoke);

    private static int Rank(CertificateState state) => state.Stage switch
    {
        CertificateStage.Awaiting => 0,
        CertificateStage.Active => 1,
        _ => 2,
    };

    private static CertificateState AtRank(int rank)
    {
        var state = new CertificateState { Id = "crt_1", Subject = "CN=x", Stage = new CertificateStage.Awaiting("csr") };
        state = rank > 0 ? state.Install("CN=x", Certificate) : state;
        return rank > 1 ? state.Revoke(new Revocation(Begin, RevocationReason.KeyCompromise)) : state;
    }

    private static Row<CertificateAuthorityState> Authority(string id, long version, int fromDay, int toDay) => new(
        StateTypes.CertificateAuthority,
        id,
        version,
        new CertificateAuthorityState
        {
            Id = id,
            Certificate = new ChainedCertificate("ca", "", "01", id, Begin.AddDays(fromDay), Begin.AddDays(toDay)),
        });
}
