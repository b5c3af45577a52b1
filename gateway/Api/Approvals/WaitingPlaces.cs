namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Counts who waits: so many in all, and so many of one caller, who could take the places of all others else.</summary>
internal sealed class WaitingPlaces(int most, int mostOfOneCaller)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _takenBy = new(StringComparer.Ordinal);
    private int _taken;

    /// <summary>Takes a place, to be given back; false where there is none left.</summary>
    public bool TryTake(string callerId)
    {
        lock (_lock)
        {
            var own = _takenBy.GetValueOrDefault(callerId);
            if (_taken >= most || own >= mostOfOneCaller)
            {
                return false;
            }

            _taken++;
            _takenBy[callerId] = own + 1;
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Return(string callerId)
    {
        lock (_lock)
        {
            _taken--;
            if (--_takenBy[callerId] == 0)
            {
                _takenBy.Remove(callerId);
            }
        }
    }
}
