using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>What a denial's problem document holds beside the sentence, so that a client can act on it.</summary>
internal static class DenialMembers
{
    /// <summary>For a missing approval: the body of a request for exactly this digest, but for its justification.</summary>
    public static ImmutableDictionary<string, string> For(ErrorCode code, SigningQuestion question) =>
        code is ErrorCode.ApprovalRequired or ErrorCode.GrantExhausted or ErrorCode.GrantExpired
            or ErrorCode.GrantRevoked or ErrorCode.ScopeMismatch
            ? ImmutableDictionary<string, string>.Empty.Add(
                "request",
                JsonSerializer.Serialize(new
                {
                    requestedSignings = 1,
                    scope = new { digests = new[] { question.Digest } },
                }))
            : ImmutableDictionary<string, string>.Empty;
}
