using CodeSigning.Errors;
using CodeSigning.Gateway.Problems;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Orleans.Runtime.Messaging;

namespace CodeSigning.Gateway.Tests.Problems;

public sealed class ExceptionProblemsTests
{
    public static TheoryData<string, Exception, int, ErrorCode> Known => new()
    {
        { "a refusal", new RefusedException(ErrorCode.GrantExpired, "Ask for another."), 403, ErrorCode.GrantExpired },
        { "a stale read set", Refused(new CommitOutcome.Stale([])), 409, ErrorCode.Conflict },
        { "a decision too late", Refused(new CommitOutcome.TooLate(default)), 409, ErrorCode.Conflict },
        { "a name taken", Refused(new CommitOutcome.NameTaken("signer", "release")), 409, ErrorCode.NameTaken },
        { "no ledger", new LedgerUnavailableException(), 503, ErrorCode.Unavailable },
        { "no store", new StoreUnavailableException(), 503, ErrorCode.Unavailable },
        { "a home that died", new SiloUnavailableException(), 503, ErrorCode.Unavailable },
        { "a home that cannot be connected to", new ConnectionFailedException("refused"), 503, ErrorCode.Unavailable },
        { "a time-out", new TimeoutException(), 503, ErrorCode.Unavailable },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Known_exception_has_its_problem(string what, Exception exception, int status, ErrorCode code)
    {
        var problem = ExceptionProblems.Find(exception);

        Assert.True(problem is not null, what);
        Assert.Equal((status, code), (problem.Status, problem.Code));
    }

    [Fact]
    public void Retryable_problem_has_a_retry_after()
    {
        Assert.NotNull(ExceptionProblems.Find(new LedgerUnavailableException())!.RetryAfter);
        Assert.NotNull(ExceptionProblems.Find(new RefusedException(ErrorCode.Unavailable, "Busy."))!.RetryAfter);
        Assert.Null(ExceptionProblems.Find(new RefusedException(ErrorCode.Forbidden, "No."))!.RetryAfter);
    }

    [Fact]
    public void Unknown_exception_is_a_fault() =>
        Assert.Null(ExceptionProblems.Find(new InvalidOperationException("SELECT * FROM secrets")));

    private static CommitRefusedException Refused(CommitOutcome outcome) => new(outcome);
}
