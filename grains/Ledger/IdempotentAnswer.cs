namespace CodeSigning.Grains.Ledger;

/// <summary>An answer kept for 24 hours for a client that asks again with the same key.</summary>
/// <param name="Caller">Who asked: the principal's id.</param>
/// <param name="Scope">What was asked: the call and the resource it was made on.</param>
/// <param name="Key">The client's <c>Idempotency-Key</c>, 1 to 128 visible characters.</param>
/// <param name="RequestHash">SHA-256 of what was asked; another content with the same key is a mistake of the client's.</param>
/// <param name="Answer">The answer as the gateway will send it again. It is sealed before it is stored: it may hold a secret.</param>
public sealed record IdempotentAnswer(
    string Caller, string Scope, string Key, ReadOnlyMemory<byte> RequestHash, ReadOnlyMemory<byte> Answer);
