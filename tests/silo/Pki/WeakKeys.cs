using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>RSA keys of 2048 bits that are weak in one way each, made by arithmetic.</summary>
internal static class WeakKeys
{
    public static readonly BigInteger F4 = 65537;

    private static readonly BigInteger SmallPrimes = PrimeNumbers.ProductBelow(10_000);

    public static RSAParameters Good() => FromPrimes(GoodPrimes());

    public static RSAParameters CloseTo(int bitsApart) => FromFirst(p => Next(p + (BigInteger.One << bitsApart)));

    public static RSAParameters InRatio() => FromFirst(p => Next(p * 5 / 6));

    public static RSAParameters EndingAlike() =>
        FromFirst(p => NextBy(p ^ (RandomOfBits(700) << 300), BigInteger.One << 300));

    public static RSAParameters WithFactorOf(int bits) => FromPrimes((RandomPrime(bits), RandomPrime(2048 - bits)));

    public static RSAParameters AfterRoundNumber() =>
        FromFirst(_ => Next((BigInteger.One << 1023) + (BigInteger.One << 1022)));

    public static RSAParameters WithSmoothNeighbour()
    {
        int[] primes = [.. PrimeNumbers.Below(1 << 20).Where(prime => prime > 1 << 19)];
        return FromFirst(_ => Search(() => Smooth(primes)));
    }

    public static RSAParameters OfInfineon()
    {
        var step = PrimeNumbers.ProductBelow(702);
        return FromPrimes((Prime(), Prime()));

        // Between 1.5 * 2^1023 and 2^1024, so that the modulus has 2048 bits.
        BigInteger Prime() => Search(() =>
            (step * (((BigInteger)3 << 1022) / step + 1 + (RandomOfBits(200) % ((BigInteger.One << 1022) / step - 2))))
            + BigInteger.ModPow(F4, RandomOfBits(200), step));
    }

    /// <summary>
    /// A real one that Debian's OpenSSL of 2006 to 2008 makes (CVE-2008-0166): as process 1000 on a 32-bit big-endian machine,
    /// with a file .rnd. Nothing but a list tells it from a good one.
    /// </summary>
    public static RSAParameters OfDebian() => FromPrimes((
        FromHex(
            "D073DE9ECC970249A9A95A48E6D5CCE2F03E8136DDD78E2FA8FEB36F958C0966E267A0785B62FC594CD5E282B9BACF6C2BCC1C7A7CEEAAFAF66F6B71391E"
            + "0FA754BA235220FAFC28578E6CA5ED2EE5271A6B7E71D64FAD76852E47C8099C67C90EEA75D9126B5D23912A9084BB8D7D34CF3464AADCDAAD498F93840E"
            + "CC148CDB"),
        FromHex(
            "CB20CDECBD1A884D32AE516C5611E3459F1A1FC1DD7D5E22557D41D94FEEBCBB1C426B17676CF1B84DAF7C637BB8AEC6614827C7F1B20D1B0A930D968C72"
            + "8FBA575072F61F59AD02E6CE3B76A06C91FC151974B7F33EE44315BB40FD3574B089334DB5EEFB695B225CAB3DABE0DF3E45F638CCA3D5D06733A2F3141A"
            + "C53262D5")));

    /// <summary>A real P-256 key of the same process.</summary>
    public static ECDsa OfDebianOnP256() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        D = Convert.FromHexString("C2E2ED9CBE5A6E6A6FEB872761AA02C2CD45DD036D6D847DFB64A614C8977F23"),
    });

    public static RSAParameters WithCompositeFactor()
    {
        while (true)
        {
            using var rsa = RSA.Create(1024);
            var composite = Number(rsa.ExportParameters(false).Modulus);
            var n = composite * GoodPrimes().P;
            if (n.GetBitLength() == 2048)
            {
                return FromPrimes((composite, n / composite));
            }
        }
    }

    public static RSAParameters OfThreePrimes()
    {
        var (p, q) = GoodPrimes();
        return FromPrimes((p, q)) with { Modulus = Bytes(p * q * 3, 257) };
    }

    public static RSAParameters WithShortExponent()
    {
        var (p, q) = GoodPrimes();
        var d = RandomPrime(500);
        return FromPrimes((p, q), Inverse(d, (p - 1) * (q - 1)));
    }

    /// <summary>A certificate for the key, by somebody else, and the key, as PEM.</summary>
    public static (string Certificate, string Key) ToPem(RSAParameters key)
    {
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedName("CN=Weak"),
            PublicKey.CreateFromSubjectPublicKeyInfo(SubjectPublicKeyInfo(Number(key.Modulus), Number(key.Exponent)), out _),
            HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        using var certificate = request.Create(
            new X500DistinguishedName("CN=Issuer"), X509SignatureGenerator.CreateForECDsa(issuer), DateTimeOffset.UtcNow,
            DateTimeOffset.UtcNow.AddDays(1), [1]);
        return (certificate.ExportCertificatePem(), PemEncoding.WriteString("RSA PRIVATE KEY", Pkcs1(key)));
    }

    public static byte[] SubjectPublicKeyInfo(BigInteger modulus, BigInteger exponent)
    {
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger(modulus);
            key.WriteInteger(exponent);
        }

        var info = new AsnWriter(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                info.WriteNull();
            }

            info.WriteBitString(key.Encode());
        }

        return info.Encode();
    }

    public static BigInteger Number(byte[]? bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger FromHex(string digits) => Number(Convert.FromHexString(digits));

    private static RSAParameters FromFirst(Func<BigInteger, BigInteger> second)
    {
        while (true)
        {
            var p = GoodPrimes().P;
            var q = second(p);
            if ((p * q).GetBitLength() == 2048 && BigInteger.GreatestCommonDivisor((p - 1) * (q - 1), F4).IsOne)
            {
                return FromPrimes((p, q));
            }
        }
    }

    private static RSAParameters FromPrimes((BigInteger P, BigInteger Q) primes, BigInteger? exponent = null)
    {
        var (p, q) = primes;
        var e = exponent ?? F4;
        var d = Inverse(e, (p - 1) * (q - 1));
        var longer = (int)Math.Max(p.GetBitLength(), q.GetBitLength()) / 8 + 1;
        return new RSAParameters
        {
            Modulus = Bytes(p * q, 256),
            Exponent = e.ToByteArray(isUnsigned: true, isBigEndian: true),
            D = Bytes(d, 256),
            P = Bytes(p, longer),
            Q = Bytes(q, longer),
            DP = Bytes(d % (p - 1), longer),
            DQ = Bytes(d % (q - 1), longer),
            InverseQ = Bytes(Inverse(q, p), longer),
        };
    }

    private static (BigInteger P, BigInteger Q) GoodPrimes()
    {
        using var rsa = RSA.Create(2048);
        var key = rsa.ExportParameters(true);
        return (Number(key.P), Number(key.Q));
    }

    private static BigInteger Smooth(int[] primes)
    {
        while (true)
        {
            var product = new BigInteger(2);
            while (product.GetBitLength() < 1004)
            {
                product *= primes[RandomNumberGenerator.GetInt32(primes.Length)];
            }

            product *= primes[RandomNumberGenerator.GetInt32(primes.Length)];
            if (product >> 1022 == 3)
            {
                return product + 1;
            }
        }
    }

    private static BigInteger RandomPrime(int bits) => Next(RandomOfBits(bits));

    private static BigInteger Next(BigInteger from) => NextBy(from.IsEven ? from + 1 : from, 2);

    private static BigInteger NextBy(BigInteger from, BigInteger step)
    {
        var candidate = from - step;
        return Search(() => candidate += step);
    }

    /// <summary>Whether a number that is no secret is prime.</summary>
    public static bool IsProbablePrime(BigInteger number, int rounds = 50)
    {
        using SecretNumbers numbers = new();
        return numbers.Of(number).IsProbablePrime(rounds);
    }

    private static BigInteger Search(Func<BigInteger> next)
    {
        while (true)
        {
            var candidate = next();
            if (BigInteger.GreatestCommonDivisor(candidate, SmallPrimes).IsOne && BigInteger.ModPow(2, candidate - 1, candidate).IsOne
                && IsProbablePrime(candidate, 5))
            {
                return candidate;
            }
        }
    }

    private static BigInteger RandomOfBits(int bits) =>
        (new BigInteger(RandomNumberGenerator.GetBytes((bits / 8) + 1), isUnsigned: true) % (BigInteger.One << (bits - 2)))
        + ((BigInteger)3 << (bits - 2));

    private static BigInteger Inverse(BigInteger number, BigInteger modulus)
    {
        var (a, b, x, y) = (number, modulus, BigInteger.One, BigInteger.Zero);
        while (!b.IsZero)
        {
            var quotient = a / b;
            (a, b, x, y) = (b, a - (quotient * b), y, x - (quotient * y));
        }

        return ((x % modulus) + modulus) % modulus;
    }

    private static byte[] Bytes(BigInteger number, int length)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[Math.Max(length - bytes.Length, 0)], .. bytes];
    }

    private static byte[] Pkcs1(RSAParameters key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            foreach (var number in new[] { key.Modulus, key.Exponent, key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ })
            {
                writer.WriteInteger(Number(number));
            }
        }

        return writer.Encode();
    }
}
