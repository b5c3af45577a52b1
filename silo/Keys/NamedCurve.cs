using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The curves P-256, P-384 and P-521 (SEC 2, sections 2.4.2, 2.5.1 and 2.6.1), to read keys that spell out the curve's
/// parameters or compress the point, neither of which the platform does on every system.
/// </summary>
internal sealed class NamedCurve
{
    private const byte Uncompressed = 4;

    private static readonly NamedCurve[] All =
    [
        new(
            KeyAlgorithm.EcP256,
            "1.2.840.10045.3.1.7",
            "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
            "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
            "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
            "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
            "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"),
        new(
            KeyAlgorithm.EcP384,
            "1.3.132.0.34",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF",
            "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF",
            "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7",
            "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973"),
        new(
            KeyAlgorithm.EcP521,
            "1.3.132.0.35",
            "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
            + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF07"
            + "3573DF883D2C34F1EF451FD46B503F00",
            "00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE"
            + "3348B3C1856A429BF97E7E31C2E5BD66",
            "011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761"
            + "353C7086A272C24088BE94769FD16650",
            "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D0"
            + "3BB5C9B8899C47AEBB6FB71E91386409"),
    ];

    private readonly BigInteger _prime;
    private readonly BigInteger _b;
    private readonly BigInteger _baseX;
    private readonly BigInteger _baseY;

    private NamedCurve(KeyAlgorithm algorithm, string oid, string prime, string b, string baseX, string baseY, string order)
    {
        (Algorithm, Oid) = (algorithm, oid);
        (_prime, _b, _baseX, _baseY, Order) = (Number(prime), Number(b), Number(baseX), Number(baseY), Number(order));
    }

    /// <summary>The key algorithm on this curve.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>The curve's object identifier.</summary>
    public string Oid { get; }

    /// <summary>The order of the base point.</summary>
    public BigInteger Order { get; }

    /// <summary>The length of a coordinate and of a private key, in bytes.</summary>
    public int FieldLength => Algorithm.FieldLength();

    /// <summary>The curve with this object identifier; null if it is not supported.</summary>
    public static NamedCurve? ByOid(string oid) => Array.Find(All, curve => curve.Oid == oid);

    /// <summary>The curve of an algorithm; null for RSA.</summary>
    public static NamedCurve? Of(KeyAlgorithm algorithm) => Array.Find(All, curve => curve.Algorithm == algorithm);

    /// <summary>
    /// The curve of ECParameters (SEC 1, C.2): a name, or parameters that are all equal to those of a named curve, the
    /// base point included. Null if it is none of the supported ones.
    /// </summary>
    /// <exception cref="AsnContentException">They are malformed.</exception>
    public static NamedCurve? Read(ReadOnlyMemory<byte> parameters)
    {
        var reader = new AsnReader(parameters, AsnEncodingRules.BER);
        return reader.PeekTag() == Asn1Tag.ObjectIdentifier ? ByOid(reader.ReadObjectIdentifier())
            : reader.PeekTag() == Asn1Tag.Sequence ? ReadSpecified(reader.ReadSequence())
            : null;
    }

    /// <summary>
    /// A point in the uncompressed form (SEC 1, section 2.3.3); null if it is not the encoding of a point. The platform
    /// checks that an uncompressed point is on the curve.
    /// </summary>
    public byte[]? Uncompress(ReadOnlySpan<byte> point)
    {
        if (point.Length == 1 + 2 * FieldLength && point[0] == Uncompressed)
        {
            return point.ToArray();
        }

        if (point.Length != 1 + FieldLength || point[0] is not (2 or 3))
        {
            return null;
        }

        var x = new BigInteger(point[1..], isUnsigned: true, isBigEndian: true);
        if (x >= _prime || RootOf(x) is not { } root)
        {
            return null;
        }

        var y = root.IsEven == (point[0] == 2) ? root : _prime - root;
        var whole = new byte[1 + 2 * FieldLength];
        whole[0] = Uncompressed;
        point[1..].CopyTo(whole.AsSpan(1));
        var bytes = y.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(whole, whole.Length - bytes.Length);
        return whole;
    }

    private static NamedCurve? ReadSpecified(AsnReader domain)
    {
        domain.ReadInteger();
        var field = domain.ReadSequence();
        if (field.ReadObjectIdentifier() != "1.2.840.10045.1.1")
        {
            return null;
        }

        var prime = field.ReadInteger();
        var curve = domain.ReadSequence();
        var (a, b) = (Number(curve.ReadOctetString()), Number(curve.ReadOctetString()));
        var basePoint = domain.ReadOctetString();
        var order = domain.ReadInteger();
        return Array.Find(
            All,
            known => known._prime == prime && known._prime - 3 == a && known._b == b && known.Order == order
                && known.Uncompress(basePoint) is { } whole && known.IsBase(whole)
                && (!domain.HasData || domain.PeekTag() != Asn1Tag.Integer || domain.ReadInteger().IsOne));
    }

    private bool IsBase(byte[] point) =>
        Number(point.AsSpan(1, FieldLength)) == _baseX && Number(point.AsSpan(1 + FieldLength)) == _baseY;

    // A square root of x³ - 3x + b; all three primes are 3 modulo 4.
    private BigInteger? RootOf(BigInteger x)
    {
        var square = (BigInteger.ModPow(x, 3, _prime) - 3 * x + _b) % _prime;
        square = square.Sign < 0 ? square + _prime : square;
        var root = BigInteger.ModPow(square, (_prime + 1) / 4, _prime);
        return BigInteger.ModPow(root, 2, _prime) == square ? root : null;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Number(string hex) =>
        BigInteger.Parse("0" + hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
