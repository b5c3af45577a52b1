namespace CodeSigning.Silo.Keys;

/// <summary>One piece of CPU-bound work and the task that tells of its end.</summary>
internal abstract class SigningJob
{
    public abstract void Run();

    public abstract void Refuse();
}

/// <inheritdoc/>
internal sealed class SigningJob<T>(Func<T> work, CancellationToken cancellationToken) : SigningJob
{
    // Continuations run elsewhere: these threads are for arithmetic.
    private readonly TaskCompletionSource<T> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> End => _end.Task;

    public override void Run()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            _end.SetCanceled(cancellationToken);
            return;
        }

        try
        {
            _end.SetResult(work());
        }
        catch (Exception fault)
        {
            _end.SetException(fault);
        }
    }

    public override void Refuse() => _end.SetException(new SigningThreadsUnavailableException(isStopping: true));
}
