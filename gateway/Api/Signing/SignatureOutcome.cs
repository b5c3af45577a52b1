using CodeSigning.Gateway.Problems;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What a client gets for one thing that it wanted signed: one or the other.</summary>
internal readonly record struct SignatureOutcome
{
    private SignatureOutcome(SignResult? result, Problem? problem) => (Result, Problem) = (result, problem);

    /// <summary>The signature; its ledger entry is durable.</summary>
    public SignResult? Result { get; }

    /// <summary>Why there is none.</summary>
    public Problem? Problem { get; }

    public static implicit operator SignatureOutcome(SignResult result) => new(result, null);

    public static implicit operator SignatureOutcome(Problem problem) => new(null, problem);
}
