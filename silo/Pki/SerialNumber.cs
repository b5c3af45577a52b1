using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>Certificate serial numbers: positive integers (RFC 5280, section 4.1.2.2), as lower-case hex in text.</summary>
internal static class SerialNumber
{
    private const int RandomLength = 16;

    /// <summary>A fresh number of 128 random bits, unsigned and big-endian: never issued before for all practical purposes.</summary>
    public static byte[] Random()
    {
        var number = RandomNumberGenerator.GetBytes(RandomLength);
        return number.AsSpan().ContainsAnyExcept((byte)0) ? number : Random();
    }

    /// <summary>The text of a number as its INTEGER holds it; the zero byte that only keeps it positive is left out.</summary>
    public static string ToHex(ReadOnlySpan<byte> integer) => Convert.ToHexStringLower(integer.Length > 1 ? integer.TrimStart((byte)0) : integer);

    /// <summary>The bytes of the INTEGER for a text.</summary>
    public static byte[] ToInteger(string hex)
    {
        var number = Convert.FromHexString(hex);
        return (number[0] & 0x80) == 0 ? number : [0, .. number];
    }
}
