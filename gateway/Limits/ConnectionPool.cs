namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Connections that share a limit, grouped by party. When a limit is reached, a connection is removed: of the new one's
/// party if that has its full share, else of the largest party, so that no party costs another its connections. Not
/// thread-safe: its owner holds a lock.
/// </summary>
/// <param name="limit">The maximum number of connections.</param>
/// <param name="limitPerParty">The maximum number of connections per party.</param>
/// <param name="sparesRequests">
/// Whether a connection with a request in flight is removed only if the party has no idle one. Otherwise the least
/// recently active one is removed, so that a slow request does not hold a place.
/// </param>
internal sealed class ConnectionPool(int limit, int limitPerParty, bool sparesRequests)
{
    private readonly Dictionary<string, Party> _parties = new(StringComparer.Ordinal);
    private readonly SortedSet<Party> _bySize = new(Comparer<Party>.Create(CompareSizes));
    private long _stamps;

    /// <summary>The number of connections.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a connection.</summary>
    /// <returns>The removed connection, to be aborted; null if there was room.</returns>
    public ClientConnection? Add(ClientConnection connection, string partyKey)
    {
        if (!_parties.TryGetValue(partyKey, out var party))
        {
            party = new Party(partyKey, ++_stamps);
        }

        var removed = party.Count >= limitPerParty ? Oldest(party)
            : Count >= limit ? Oldest(_bySize.Max!)
            : null;
        if (removed is not null)
        {
            Remove(removed);
        }

        Resize(party, by: 1);
        connection.Pool = this;
        connection.Party = party;
        Enqueue(connection);
        return removed;
    }

    /// <summary>Removes a connection of this pool.</summary>
    public void Remove(ClientConnection connection)
    {
        connection.Place.List!.Remove(connection.Place);
        Resize(connection.Party!, by: -1);
        connection.Pool = null;
        connection.Party = null;
    }

    /// <summary>Records activity on a connection of this pool.</summary>
    public void Touch(ClientConnection connection)
    {
        connection.Place.List!.Remove(connection.Place);
        Enqueue(connection);
    }

    // Of two equally large parties, the older one is greater.
    private static int CompareSizes(Party one, Party other) =>
        one.Count != other.Count ? one.Count.CompareTo(other.Count) : other.Number.CompareTo(one.Number);

    private void Enqueue(ClientConnection connection)
    {
        connection.Stamp = ++_stamps;
        (connection.Requests == 0 ? connection.Party!.Idle : connection.Party!.Busy).AddLast(connection.Place);
    }

    private void Resize(Party party, int by)
    {
        _bySize.Remove(party);
        party.Count += by;
        Count += by;
        if (party.Count == 0)
        {
            _parties.Remove(party.Key);
        }
        else
        {
            _parties[party.Key] = party;
            _bySize.Add(party);
        }
    }

    private ClientConnection Oldest(Party party)
    {
        var (idle, busy) = (party.Idle.First?.Value, party.Busy.First?.Value);
        if (idle is null || busy is null)
        {
            return idle ?? busy!;
        }

        return sparesRequests || idle.Stamp < busy.Stamp ? idle : busy;
    }

    /// <summary>A party whose connections count together: an address, a caller, or a proxy.</summary>
    internal sealed class Party(string key, long number)
    {
        public string Key => key;

        public long Number => number;

        public int Count { get; set; }

        public LinkedList<ClientConnection> Idle { get; } = [];

        public LinkedList<ClientConnection> Busy { get; } = [];
    }
}
