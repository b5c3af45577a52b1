using System.Collections.Immutable;

namespace CodeSigning.Signing;

/// <summary>What became of a <see cref="SignCommand"/>.</summary>
[GenerateSerializer, Immutable, Alias("codesigning.SignReply")]
public abstract record SignReply
{
    /// <summary>The signature; its entry is durable.</summary>
    /// <param name="Result">The answer for the client.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.Signed")]
    public sealed record SignatureMade([property: Id(0)] SignResult Result) : SignReply;

    /// <summary>No signature; the denial's entry is durable.</summary>
    /// <param name="OperationId">The entry's id.</param>
    /// <param name="Code">The code for the client.</param>
    /// <param name="Detail">The sentence for the client.</param>
    /// <param name="Members">Further members of the problem document: name to JSON text.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.NotSigned")]
    public sealed record NotSigned(
        [property: Id(0)] string OperationId,
        [property: Id(1)] ErrorCode Code,
        [property: Id(2)] string Detail,
        [property: Id(3)] ImmutableDictionary<string, string> Members) : SignReply;

    /// <summary>Nothing was decided: the caller's token, or what it rests on, has changed. Authenticate again and ask again.</summary>
    [GenerateSerializer, Immutable, Alias("codesigning.CallerChanged")]
    public sealed record CallerChanged : SignReply;

    /// <summary>Nothing was decided: the idempotency key has been answered already. The kept answer is to be sent.</summary>
    [GenerateSerializer, Immutable, Alias("codesigning.AlreadyAnswered")]
    public sealed record AlreadyAnswered : SignReply;
}
