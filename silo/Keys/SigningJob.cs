namespace CodeSigning.Silo.Keys;

/// <summary>One piece of CPU-bound work and the task that tells of its end.</summary>
/// <param name="isBrief">Whether it takes a few milliseconds at most.</param>
internal abstract class SigningJob(bool isBrief)
{
    public bool IsBrief { get; } = isBrief;

    /// <summary>Does the work, and keeps its end to itself.</summary>
    public abstract void Run();

    /// <summary>Tells how the work ended.</summary>
    public abstract void Tell();

    public abstract void Refuse();
}

/// <inheritdoc/>
internal sealed class SigningJob<T>(Func<T> work, bool isBrief, CancellationToken cancellationToken) : SigningJob(isBrief)
{
    // Continuations run elsewhere: these threads are for arithmetic.
    private readonly TaskCompletionSource<T> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _fault;

    public Task<T> End => _end.Task;

    public override void Run()
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _result = work();
        }
        catch (Exception fault)
        {
            _fault = fault;
        }
    }

    public override void Tell()
    {
        switch (_fault)
        {
            case null:
                _end.SetResult(_result!);
                break;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                _end.SetCanceled(cancellationToken);
                break;
            default:
                _end.SetException(_fault);
                break;
        }
    }

    public override void Refuse() => _end.SetException(new SigningThreadsUnavailableException(isStopping: true));
}
