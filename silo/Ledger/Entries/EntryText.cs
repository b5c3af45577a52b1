using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// Reads the text of <see cref="EntryPlacing"/>: an entry ends with the hash of the same text without that member.
/// </summary>
internal static class EntryText
{
    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Member => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>The hash that an entry states, lower-case hex.</summary>
    /// <returns>False if the text does not end like an entry.</returns>
    public static bool TryGetStatedHash(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> hash)
    {
        hash = default;
        var start = text.Length - Member.Length - HashLength - End.Length;
        if (start < 1 || !text[start..].StartsWith(Member) || !text.EndsWith(End))
        {
            return false;
        }

        hash = text.Slice(start + Member.Length, HashLength);
        return true;
    }

    /// <summary>Computes the hash of an entry's text, which must end like an entry.</summary>
    public static byte[] ComputeHash(ReadOnlySpan<byte> text)
    {
        var body = text[..^(Member.Length + HashLength + End.Length)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(body);
        hash.AppendData("}"u8);
        return hash.GetHashAndReset();
    }
}

/// <summary>
/// Completes entries with their place: appends time, use, stream, number, the previous entry's hash, and last the hash
/// of all that. One instance serves one writer; its buffer is reused.
/// </summary>
internal sealed class EntryPlacing(string stream)
{
    private const int LongestTail = 512;

    private readonly byte[] _stream = Encoding.UTF8.GetBytes($",\"stream\":\"{stream}\",\"number\":");
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>Completes an entry.</summary>
    /// <param name="front">The output of <see cref="EntryFront.Write"/>.</param>
    /// <param name="at">The time, as text.</param>
    /// <param name="use">The number of the grant's use, if one is taken.</param>
    /// <param name="number">The number in the stream.</param>
    /// <param name="previousHash">The hash of the previous entry.</param>
    /// <param name="hash">Receives this entry's hash.</param>
    public Utf8Text Place(ReadOnlySpan<byte> front, string at, long? use, long number, ReadOnlySpan<byte> previousHash, out byte[] hash)
    {
        if (_buffer.Length < front.Length + LongestTail)
        {
            _buffer = new byte[front.Length + (2 * LongestTail)];
        }

        _length = 0;
        Append(front);
        Append(",\"at\":\""u8);
        _length += Encoding.UTF8.GetBytes(at, _buffer.AsSpan(_length));
        Append("\""u8);
        if (use is { } taken)
        {
            Append(",\"use\":"u8);
            AppendNumber(taken);
        }

        Append(_stream);
        AppendNumber(number);
        Append(",\"previousHash\":\""u8);
        AppendHex(previousHash);
        Append("\"}"u8);
        hash = SHA256.HashData(_buffer.AsSpan(0, _length));

        // The hash replaces the closing brace, which is part of the hashed text.
        _length--;
        Append(",\"hash\":\""u8);
        AppendHex(hash);
        Append("\"}"u8);
        return new Utf8Text(_buffer.AsSpan(0, _length).ToArray());
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void AppendNumber(long value)
    {
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out var length);
        _length += length;
    }

    private void AppendHex(ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, _buffer.AsSpan(_length), out var length);
        _length += length;
    }
}

/// <summary>The versions before and after a write.</summary>
internal static class StateWriteResult
{
    /// <summary>The new version; 0 for a deletion.</summary>
    public static StateVersion Result(this StateWrite write) =>
        new(write.Type, write.Id, write.Content is null ? 0 : write.ExpectedVersion + 1);

    /// <summary>The replaced version.</summary>
    public static StateVersion Replaced(this StateWrite write) => new(write.Type, write.Id, write.ExpectedVersion);
}

/// <summary>The end of a stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Number">The number of its last entry.</param>
/// <param name="Hash">The hash of that entry, lower-case hex.</param>
/// <param name="IsClosed">Whether it is closed and nothing follows.</param>
internal sealed record StreamEnd(string Stream, long Number, string Hash, bool IsClosed)
{
    /// <summary>The first entry available; 1 except in a part of the ledger.</summary>
    public long First { get; init; } = 1;
}
