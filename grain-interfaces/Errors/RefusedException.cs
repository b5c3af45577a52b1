using System.Collections.Immutable;

namespace CodeSigning.Errors;

/// <summary>
/// Refuses a caller's request. It crosses grain calls unchanged and is rendered in one place, as a problem document
/// (RFC 9457). The message tells the caller what to do and contains nothing internal.
/// </summary>
[GenerateSerializer, Alias("codesigning.Refused")]
public sealed class RefusedException : Exception
{
    /// <summary>Creates a refusal with a stable code and a message for the caller.</summary>
    public RefusedException(ErrorCode code, string detail)
        : base(detail) => Code = code;

    /// <summary>For serializers.</summary>
    public RefusedException()
    {
    }

    /// <summary>For serializers.</summary>
    public RefusedException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public RefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The stable code.</summary>
    [Id(0)]
    public ErrorCode Code { get; init; }

    /// <summary>The delay before a retry, where a retry can help.</summary>
    [Id(1)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Additional members of the problem document: member name to JSON text.</summary>
    [Id(2)]
    public ImmutableDictionary<string, string> Members { get; init; } = ImmutableDictionary<string, string>.Empty;
}
