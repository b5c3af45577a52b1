using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Approvals;
using CodeSigning.Identifiers;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>The words of a query about requests.</summary>
internal static class RequestFilters
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Which requests are asked for.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static RequestFilter Parse(string? status, PageQuery page) => new(
        status switch
        {
            null => null,
            "pending" => RequestStatus.Pending,
            "approved" => RequestStatus.Approved,
            "rejected" => RequestStatus.Rejected,
            "expired" => RequestStatus.Expired,
            "cancelled" => RequestStatus.Cancelled,
            _ => throw Refuse("The parameter status must be one of pending, approved, rejected, expired, cancelled."),
        },
        page.GetBefore(IdPrefixes.ApprovalRequest),
        page.GetLimit());

    /// <summary>How long a client wants to wait; null for not at all.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static TimeSpan? ParseWait(string? wait) =>
        wait is null ? null
        : Duration.TryParse(wait, out var duration) && duration <= LongestWait ? duration
        : throw Refuse("The parameter wait must be a duration of at most 60s.");

    private static RefusedException Refuse(string detail) => new(ErrorCode.InvalidRequest, detail);
}
