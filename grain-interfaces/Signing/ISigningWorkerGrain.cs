namespace CodeSigning.Signing;

/// <summary>Makes signatures: the hot path. Any number of it on every node; its key means nothing (use 0).</summary>
[Alias("codesigning.ISigningWorkerGrain")]
public interface ISigningWorkerGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Decides, signs, records, and only then answers. A refusal is an answer. Throws <see cref="Errors.RefusedException"/>
    /// with <c>Unavailable</c> only where nothing was decided because too much is under way or the ledger cannot be written.
    /// </summary>
    [Alias("Sign")]
    Task<SignReply> SignAsync(SignCommand command, CancellationToken cancellationToken);
}
