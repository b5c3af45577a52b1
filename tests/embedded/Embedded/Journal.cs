namespace CodeSigning.Embedded.Tests.Embedded;

/// <summary>How a call may run beside others.</summary>
public enum CallKind
{
    Write,
    Read,
    Interleave,
}

/// <summary>One call of a generated program.</summary>
/// <param name="Caller">Who sends it.</param>
/// <param name="Number">Its place among the caller's calls.</param>
/// <param name="Kind">How it may run.</param>
/// <param name="Yields">How often it gives up its turn.</param>
/// <param name="Ends">Whether it asks for the end of the activation.</param>
public sealed record Step(int Caller, int Number, CallKind Kind, int Yields, bool Ends);

/// <summary>What happened to one grain, in the order in which it happened.</summary>
public sealed class Journal
{
    private readonly Lock _gate = new();
    private readonly List<(Step Step, bool IsStart)> _calls = [];
    private readonly List<Step> _running = [];
    private int _inside;
    private int _alive;

    public List<string> Faults { get; } = [];

    public IReadOnlyList<(Step Step, bool IsStart)> Calls => _calls;

    public void Begin(Step step)
    {
        lock (_gate)
        {
            if (_running.FirstOrDefault(other => MayNotMeet(step, other)) is { } other)
                Faults.Add($"{step} ran beside {other}");
            _running.Add(step);
            _calls.Add((step, true));
        }
    }

    public void Finish(Step step)
    {
        lock (_gate)
        {
            _running.Remove(step);
            _calls.Add((step, false));
        }
    }

    /// <summary>A stretch of a grain's code between two awaits.</summary>
    public void Stretch()
    {
        if (Interlocked.Increment(ref _inside) != 1)
            Fault("two pieces of code ran at once");
        Thread.SpinWait(20);
        Interlocked.Decrement(ref _inside);
    }

    public void Activated()
    {
        if (Interlocked.Increment(ref _alive) != 1)
            Fault("two activations lived at once");
    }

    public void Deactivated()
    {
        lock (_gate)
        {
            if (_running.Count > 0)
                Faults.Add("deactivated while calls ran");
        }

        Interlocked.Decrement(ref _alive);
    }

    private void Fault(string fault)
    {
        lock (_gate)
            Faults.Add(fault);
    }

    private static bool MayNotMeet(Step one, Step other) => (one.Kind, other.Kind) switch
    {
        (CallKind.Interleave, _) or (_, CallKind.Interleave) => false,
        (CallKind.Read, CallKind.Read) => false,
        _ => true,
    };
}
