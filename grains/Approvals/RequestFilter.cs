using CodeSigning.Approvals;

namespace CodeSigning.Grains.Approvals;

/// <summary>Which page of which requests is asked for.</summary>
/// <param name="Status">Only those that stand there by now.</param>
/// <param name="Before">The last id of the page before; null for the first page.</param>
/// <param name="Limit">At most so many, 1 to 100.</param>
public sealed record RequestFilter(RequestStatus? Status = null, string? Before = null, int Limit = 25);
