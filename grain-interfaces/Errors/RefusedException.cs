using System.Collections.Immutable;

namespace CodeSigning.Errors;

/// <summary>
/// The one way in which a decision says no to its caller. It crosses grain calls unchanged and is rendered in one place,
/// as a problem document (RFC 9457). Its sentence says what to do and holds nothing internal.
/// </summary>
[GenerateSerializer, Alias("codesigning.Refused")]
public sealed class RefusedException : Exception
{
    /// <summary>Refuses with a code and a sentence for the caller.</summary>
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

    /// <summary>How long to wait before asking again, where waiting helps.</summary>
    [Id(1)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Further members of the problem document: member name to JSON text.</summary>
    [Id(2)]
    public ImmutableDictionary<string, string> Members { get; init; } = ImmutableDictionary<string, string>.Empty;
}
