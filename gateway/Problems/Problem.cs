using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using CodeSigning.Grains.Ledger;

namespace CodeSigning.Gateway.Problems;

/// <summary>The response to a refused or failed request (RFC 9457); contains nothing internal.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Detail">A message about this occurrence that says what to do.</param>
internal sealed record Problem(ErrorCode Code, string Detail)
{
    /// <summary>The HTTP status; the code's default unless a more specific one applies (405, 415).</summary>
    public int Status { get; init; } = ErrorCodeTable.StatusOf(Code);

    /// <summary>The delay before a retry; sent as <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Additional members of the document: name to JSON text.</summary>
    public ImmutableDictionary<string, string> Members { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>
/// Maps exceptions to problems. A fault is logged under an error id, by the ledger if it arose there; the client gets
/// only the id.
/// </summary>
internal sealed class ProblemDescriber(ILogger<ProblemDescriber> log)
{
    /// <summary>The problem for the client.</summary>
    public Problem Describe(HttpContext context, Exception exception)
    {
        if (ExceptionProblems.Find(exception) is { } known)
        {
            return known;
        }

        if (exception is OperationCanceledException or ObjectDisposedException)
        {
            log.LogWarning(exception, "{Method} {Route} was given up by a node that stops", context.Request.Method, RouteOf(context));
            return ExceptionProblems.GivenUp;
        }

        var id = exception is ElementFailedException { ErrorId: { } logged } ? logged : Log(context, exception);
        return new Problem(
            ErrorCode.InternalError,
            $"An internal fault occurred: check whether the operation was done before you retry; the server's log has the cause under {id}.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add("errorId", $"\"{id}\""),
        };
    }

    private string Log(HttpContext context, Exception exception)
    {
        var id = Activity.Current?.TraceId.ToHexString() ?? Guid.NewGuid().ToString("n");
        log.LogError(
            exception, "Fault {ErrorId} in {Method} {Route}", id, context.Request.Method, RouteOf(context));
        return id;
    }

    private static string? RouteOf(HttpContext context) => context.GetEndpoint()?.DisplayName;
}

/// <summary>The contract's table of the status and title of each code.</summary>
internal static class ErrorCodeTable
{
    private static readonly FrozenDictionary<ErrorCode, (int Status, string Title)> Rows =
        new Dictionary<ErrorCode, (int, string)>
        {
            [ErrorCode.InvalidRequest] = (400, "The request is malformed"),
            [ErrorCode.InvalidData] = (400, "The data cannot be signed"),
            [ErrorCode.UnsupportedAlgorithm] = (400, "The algorithm is not supported"),
            [ErrorCode.AlgorithmKeyMismatch] = (400, "The algorithm does not fit the key"),
            [ErrorCode.DigestLengthMismatch] = (400, "The digest has the wrong length"),
            [ErrorCode.SignerDisabled] = (400, "The signer is disabled"),
            [ErrorCode.CertificateExpired] = (400, "The certificate has expired"),
            [ErrorCode.CertificateNotYetValid] = (400, "The certificate is not yet valid"),
            [ErrorCode.CertificateRevoked] = (400, "The certificate was revoked"),
            [ErrorCode.NotACodeSigningCertificate] = (400, "Not a code-signing certificate"),
            [ErrorCode.ProfileViolated] = (400, "Not fit for a public signer"),
            [ErrorCode.PolicyLimitExceeded] = (400, "The policy limit is exceeded"),
            [ErrorCode.NoConstraint] = (400, "The policy has no limit"),
            [ErrorCode.UnreachableApproval] = (400, "The approval is unreachable"),

            [ErrorCode.Unauthenticated] = (401, "Not signed in"),

            [ErrorCode.Forbidden] = (403, "Not allowed"),
            [ErrorCode.ApprovalRequired] = (403, "An approval is required"),
            [ErrorCode.GrantExhausted] = (403, "The grant is used up"),
            [ErrorCode.GrantExpired] = (403, "The grant has expired"),
            [ErrorCode.GrantNotYetValid] = (403, "The grant is not yet valid"),
            [ErrorCode.GrantRevoked] = (403, "The grant was revoked"),
            [ErrorCode.ScopeMismatch] = (403, "The grant's scope does not match"),
            [ErrorCode.SelfApproval] = (403, "Requesters cannot approve their own requests"),
            [ErrorCode.SecondFactorRequired] = (403, "A second factor is required"),
            [ErrorCode.PasswordChangeRequired] = (403, "The password must be changed first"),

            [ErrorCode.NotFound] = (404, "Not found"),

            [ErrorCode.Conflict] = (409, "Conflicts with what is there"),
            [ErrorCode.NameTaken] = (409, "The name is taken"),
            [ErrorCode.WrongState] = (409, "Not possible in this state"),
            [ErrorCode.AlreadyVoted] = (409, "Already voted"),
            [ErrorCode.IdempotencyMismatch] = (409, "The idempotency key was used for a different request"),
            [ErrorCode.KeyInUse] = (409, "The key belongs to another certificate"),

            [ErrorCode.TooLarge] = (413, "The request is too large"),
            [ErrorCode.RateLimited] = (429, "Too many requests"),
            [ErrorCode.InternalError] = (500, "Internal fault"),
            [ErrorCode.Unavailable] = (503, "Temporarily unavailable"),
        }.ToFrozenDictionary();

    /// <summary>The HTTP status of a code.</summary>
    public static int StatusOf(ErrorCode code) => Rows[code].Status;

    /// <summary>The title of a code: the same for every occurrence (RFC 9457, section 3.1.3).</summary>
    public static string TitleOf(ErrorCode code) => Rows[code].Title;
}
