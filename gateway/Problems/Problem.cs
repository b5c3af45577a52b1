using System.Collections.Immutable;

namespace CodeSigning.Gateway.Problems;

/// <summary>What a client is told when something is refused or fails (RFC 9457); never anything internal.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Detail">A sentence about this occurrence that says what to do.</param>
internal sealed record Problem(ErrorCode Code, string Detail)
{
    /// <summary>The HTTP status; the code's own unless HTTP has a better word for this occurrence (405, 415).</summary>
    public int Status { get; init; } = ErrorCodeTable.StatusOf(Code);

    /// <summary>How long to wait before asking again; sent as <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Further members of the document: name to JSON text.</summary>
    public ImmutableDictionary<string, string> Members { get; init; } = ImmutableDictionary<string, string>.Empty;
}
