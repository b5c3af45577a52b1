using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// Gives entries their places: appends time, use, stream, number and the hash of the entry before, and last the hash of
/// all that. One instance serves one writer; its buffer is reused.
/// </summary>
internal sealed class EntryPlacing(string stream)
{
    private const int LongestTail = 512;

    private readonly byte[] _stream = Encoding.UTF8.GetBytes($",\"stream\":\"{stream}\",\"number\":");
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>Completes an entry.</summary>
    /// <param name="front">What <see cref="EntryFront.Write"/> made.</param>
    /// <param name="at">The time, as text.</param>
    /// <param name="use">The grant's use, where one is taken.</param>
    /// <param name="number">The number in the stream.</param>
    /// <param name="previousHash">The hash of the entry before.</param>
    /// <param name="hash">Receives this entry's hash.</param>
    public string Place(ReadOnlySpan<byte> front, string at, long? use, long number, ReadOnlySpan<byte> previousHash, out byte[] hash)
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

        // The hash takes the place of the closing brace, which was hashed with the rest.
        _length--;
        Append(",\"hash\":\""u8);
        AppendHex(hash);
        Append("\"}"u8);
        return Encoding.UTF8.GetString(_buffer.AsSpan(0, _length));
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
