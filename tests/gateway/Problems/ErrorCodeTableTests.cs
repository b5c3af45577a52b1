using CodeSigning.Gateway.Problems;

namespace CodeSigning.Gateway.Tests.Problems;

/// <summary>The contract's table of statuses and codes, written down a second time.</summary>
public sealed class ErrorCodeTableTests
{
    private static readonly Dictionary<int, string> Contract = new()
    {
        [400] = "InvalidRequest InvalidData UnsupportedAlgorithm AlgorithmKeyMismatch DigestLengthMismatch SignerDisabled "
            + "CertificateExpired CertificateNotYetValid CertificateRevoked NotACodeSigningCertificate PolicyLimitExceeded "
            + "ProfileViolated NoConstraint UnreachableApproval",
        [401] = "Unauthenticated",
        [403] = "Forbidden ApprovalRequired GrantExhausted GrantExpired GrantNotYetValid GrantRevoked ScopeMismatch SelfApproval "
            + "SecondFactorRequired PasswordChangeRequired",
        [404] = "NotFound",
        [409] = "Conflict NameTaken WrongState AlreadyVoted IdempotencyMismatch KeyInUse",
        [413] = "TooLarge",
        [429] = "RateLimited",
        [500] = "InternalError",
        [503] = "Unavailable",
    };

    public static TheoryData<ErrorCode> AllCodes => [.. Enum.GetValues<ErrorCode>()];

    [Theory]
    [MemberData(nameof(AllCodes))]
    public void Every_code_has_the_contracts_status_and_a_title(ErrorCode code)
    {
        var expected = Assert.Single(Contract, row => row.Value.Split(' ').Contains(code.ToString())).Key;

        Assert.Equal(expected, ErrorCodeTable.StatusOf(code));
        Assert.NotEmpty(ErrorCodeTable.TitleOf(code));
    }

    [Fact]
    public void Contract_names_no_unknown_code() =>
        Assert.All(Contract.Values.SelectMany(row => row.Split(' ')), name => Assert.True(Enum.TryParse<ErrorCode>(name, out _), name));
}
