namespace CodeSigning.Gateway.Limits;

/// <summary>Serializes the work of each caller, so that a caller with many requests delays only itself.</summary>
internal sealed class CallerTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <summary>The number of callers with running or queued work.</summary>
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

    /// <summary>Runs work after the caller's earlier work.</summary>
    /// <param name="callerId">The caller's id.</param>
    /// <param name="act">The work.</param>
    /// <param name="cancellationToken">Cancels the call while it is queued.</param>
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
