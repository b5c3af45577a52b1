using System.Collections.Immutable;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>What became of a <see cref="SignCommand"/>.</summary>
public abstract record SignReply
{
    /// <summary>The signature; its entry is durable.</summary>
    /// <param name="Result">The answer for the client.</param>
    public sealed record SignatureMade(SignResult Result) : SignReply;

    /// <summary>No signature; the entry of the attempt, if it has one, is durable.</summary>
    /// <param name="OperationId">
    /// The id of the entry, which may tell of more attempts than this. Null where there is none: the caller may not know that
    /// there is such a signer, or has been denied too often.
    /// </param>
    /// <param name="Code">The code for the client.</param>
    /// <param name="Detail">The sentence for the client.</param>
    /// <param name="Members">Further members of the problem document: name to JSON text.</param>
    /// <param name="RetryAfter">How long to wait, where waiting helps.</param>
    public sealed record NotSigned(
        string? OperationId,
        ErrorCode Code,
        string Detail,
        ImmutableDictionary<string, string> Members,
        TimeSpan? RetryAfter = null) : SignReply;

    /// <summary>Nothing was decided: the caller's token, or what it rests on, has changed. Authenticate again and ask again.</summary>
    public sealed record CallerChanged : SignReply;

    /// <summary>Nothing was decided: the idempotency key has been answered already. The kept answer is to be sent.</summary>
    public sealed record AlreadyAnswered : SignReply;
}
