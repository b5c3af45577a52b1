namespace CodeSigning.Silo.Keys;

/// <summary>One piece of CPU-bound work and the task that tells of its end.</summary>
/// <param name="isBrief">Whether it takes a few milliseconds at most.</param>
internal abstract class SigningJob(bool isBrief)
{
    public bool IsBrief { get; } = isBrief;

    /// <summary>Does the work, and keeps its end to itself.</summary>
    public abstract void Run();

    /// <summary>Tells how the work ended. Whoever waits goes on within this call: it belongs on the thread pool.</summary>
    public abstract void Tell();

    /// <summary>Tells that the work is not done; as <see cref="Tell"/>.</summary>
    /// <param name="isStopping">Whether the threads are being stopped; else too many jobs wait.</param>
    public abstract void Refuse(bool isStopping);
}

/// <inheritdoc/>
internal sealed class SigningJob<T>(Func<T> work, bool isBrief, CancellationToken cancellationToken) : SigningJob(isBrief)
{
    private readonly TaskCompletionSource<T> _end = new();
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

    public override void Refuse(bool isStopping) => _end.SetException(new SigningThreadsUnavailableException(isStopping));
}
