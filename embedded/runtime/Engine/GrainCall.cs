using System.ComponentModel;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>One call, from the caller's reference to its answer. Generated classes hold the arguments.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class GrainCall
{
    private CancellationTokenRegistration _cancellation;

    private protected GrainCall(GrainMethod method, CancellationToken cancellationToken)
    {
        Method = method;
        CancellationToken = cancellationToken;
    }

    internal GrainMethod Method { get; }

    internal CancellationToken CancellationToken { get; }

    /// <summary>The calling activation, if a grain calls.</summary>
    internal Activation? Source { get; private set; }

    /// <summary>What flows with the call.</summary>
    internal Dictionary<string, object>? RequestValues { get; private set; }

    /// <summary>The tick of <see cref="CallTimeouts"/> after which the caller waits no more.</summary>
    internal int Deadline { get; private set; } = int.MaxValue;

    /// <summary>Neighbours among the unanswered calls of an activation; guarded by the activation's gate.</summary>
    internal GrainCall? Previous, Next;

    /// <summary>The call behind this one in a <see cref="CallQueue"/>.</summary>
    internal GrainCall? Behind;

    /// <summary>Whether the activation counts the call as unanswered; guarded by the activation's gate.</summary>
    internal bool IsLinked;

    internal virtual bool AlwaysInterleaves => Method.AlwaysInterleave;

    /// <summary>Whether it shares the turn with its like.</summary>
    internal bool IsReader => Method.ReadOnly && !Method.AlwaysInterleave;

    /// <summary>Whether the call counts as use of the grain and so puts off idle collection.</summary>
    internal virtual bool KeepsAlive => true;

    /// <summary>Whether the call belongs to its activation, and ends with it instead of going to the next one.</summary>
    internal virtual bool IsLocal => false;

    /// <summary>Whether the caller has its answer, or gave up.</summary>
    internal abstract bool IsAnswered { get; }

    /// <summary>Takes from the caller's surroundings what goes with the call.</summary>
    internal void Depart(CallTimeouts timeouts)
    {
        RequestValues = RequestContext.Values;
        Source = Activation.Current;
        Deadline = timeouts.DeadlineOf(Method);
        if (CancellationToken.CanBeCanceled)
            _cancellation = CancellationToken.UnsafeRegister(
                static state => ((GrainCall)state!).Fail(new OperationCanceledException(((GrainCall)state!).CancellationToken)), this);
    }

    /// <summary>Runs the call as a turn; ends with <see cref="Activation.Complete"/>, now or in a later turn.</summary>
    internal abstract void Run(Activation activation);

    /// <summary>Runs the grain's method for a filter chain, leaving the result there.</summary>
    internal abstract Task RunFiltered(IncomingCall context);

    /// <summary>Answers the caller with an exception, unless it has an answer.</summary>
    internal abstract void Fail(Exception exception);

    /// <summary>Lets go of the caller's token: the call has ended, or never begins.</summary>
    internal void Release()
    {
        if (CancellationToken.CanBeCanceled)
            _cancellation.Dispose();
    }

    private protected void Answer(Activation activation, Exception? exception)
    {
        activation.Complete(this, exception);
        Release();
    }
}

/// <summary>A call whose method returns a value.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class GrainCall<T>(GrainMethod method, CancellationToken cancellationToken = default) : GrainCall(method, cancellationToken)
{
    // The caller must not run on the callee's turn, which an inlined continuation would do.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer.</summary>
    public Task<T> Task => _answer.Task;

    internal override bool IsAnswered => _answer.Task.IsCompleted;

    /// <summary>Calls the method with the arguments.</summary>
    protected abstract ValueTask<T> Invoke(object grain);

    internal override void Run(Activation activation)
    {
        ValueTask<T> pending;
        try
        {
            pending = activation.HasFilters ? Filter(activation) : Invoke(activation.GrainInstance!);
        }
        catch (Exception exception)
        {
            Answer(activation, exception);
            _answer.TrySetException(exception);
            return;
        }

        if (!pending.IsCompletedSuccessfully)
        {
            _ = Await(activation, pending);
            return;
        }

        Answer(activation, null);
        _answer.TrySetResult(pending.Result);
    }

    internal override async Task RunFiltered(IncomingCall context) => context.Result = await Invoke(context.Grain);

    internal override void Fail(Exception exception) => _answer.TrySetException(exception);

    private async Task Await(Activation activation, ValueTask<T> pending)
    {
        try
        {
            var result = await pending;
            Answer(activation, null);
            _answer.TrySetResult(result);
        }
        catch (Exception exception)
        {
            Answer(activation, exception);
            _answer.TrySetException(exception);
        }
    }

    private async ValueTask<T> Filter(Activation activation)
    {
        var context = new IncomingCall(activation, this);
        await context.Invoke();
        return context.Result is T result ? result : default!;
    }
}

/// <summary>A call whose method returns nothing but its end.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VoidGrainCall(GrainMethod method, CancellationToken cancellationToken = default) : GrainCall(method, cancellationToken)
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer; already given for a method that is one-way.</summary>
    public Task Task => Method.OneWay ? Task.CompletedTask : _answer.Task;

    internal override bool IsAnswered => _answer.Task.IsCompleted;

    /// <summary>Calls the method with the arguments.</summary>
    protected abstract ValueTask Invoke(object grain);

    internal override void Run(Activation activation)
    {
        ValueTask pending;
        try
        {
            pending = activation.HasFilters ? new ValueTask(new IncomingCall(activation, this).Invoke()) : Invoke(activation.GrainInstance!);
        }
        catch (Exception exception)
        {
            Answer(activation, exception);
            _answer.TrySetException(exception);
            return;
        }

        if (!pending.IsCompletedSuccessfully)
        {
            _ = Await(activation, pending);
            return;
        }

        Answer(activation, null);
        _answer.TrySetResult();
    }

    internal override async Task RunFiltered(IncomingCall context) => await Invoke(context.Grain);

    internal override void Fail(Exception exception) => _answer.TrySetException(exception);

    private async Task Await(Activation activation, ValueTask pending)
    {
        try
        {
            await pending;
            Answer(activation, null);
            _answer.TrySetResult();
        }
        catch (Exception exception)
        {
            Answer(activation, exception);
            _answer.TrySetException(exception);
        }
    }
}
