using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>
/// Remembers failures by key, a bounded number of keys: where it is full, the key that was not seen for the longest time
/// is forgotten. Not safe for use by several threads. Keys are chosen by strangers, so what is kept of one is a hash.
/// </summary>
internal sealed class FailureTable(int capacity, TimeSpan memory)
{
    private readonly Dictionary<UInt128, LinkedListNode<FailureRecord>> _records = [];
    private readonly LinkedList<FailureRecord> _byLastSeen = new();

    /// <summary>The record of a key, made where there is none.</summary>
    public FailureRecord Touch(string key, DateTimeOffset now)
    {
        var hash = Hash(key);
        if (_records.TryGetValue(hash, out var node))
        {
            _byLastSeen.Remove(node);
            node.Value.ForgetBefore(now - memory);
        }
        else
        {
            node = new LinkedListNode<FailureRecord>(new FailureRecord(hash));
            _records.Add(hash, node);
        }

        _byLastSeen.AddLast(node);
        if (_records.Count > capacity)
        {
            var oldest = _byLastSeen.First!;
            _byLastSeen.Remove(oldest);
            _records.Remove(oldest.Value.Key);
        }

        return node.Value;
    }

    private static UInt128 Hash(string key) =>
        BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
