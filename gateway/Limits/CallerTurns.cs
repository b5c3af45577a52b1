namespace CodeSigning.Gateway.Limits;

/// <summary>Does what each caller asks one after the other: whoever asks for much at once waits for themselves.</summary>
internal sealed class CallerTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <summary>How many callers have something under way or waiting.</summary>
    public int Callers
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>Does something when it is its turn among what the caller asks.</summary>
    /// <param name="callerId">Whose turn it takes.</param>
    /// <param name="act">What to do.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    public async Task<T> TakeAsync<T>(string callerId, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        var line = Join(callerId);
        try
        {
            await line.Turn.WaitAsync(cancellationToken);
            try
            {
                return await act();
            }
            finally
            {
                line.Turn.Release();
            }
        }
        finally
        {
            Leave(callerId, line);
        }
    }

    private Line Join(string callerId)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue(callerId, out var line))
            {
                _lines.Add(callerId, line = new Line());
            }

            line.Present++;
            return line;
        }
    }

    private void Leave(string callerId, Line line)
    {
        lock (_lock)
        {
            if (--line.Present > 0)
            {
                return;
            }

            _lines.Remove(callerId);
            line.Turn.Dispose();
        }
    }

    private sealed class Line
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public int Present { get; set; }
    }
}
