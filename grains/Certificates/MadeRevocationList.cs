namespace CodeSigning.Grains.Certificates;

/// <summary>A CRL that was made.</summary>
/// <param name="Der">The CRL.</param>
/// <param name="Number">Its number.</param>
/// <param name="Validity">From this update until the next.</param>
public sealed record MadeRevocationList(ReadOnlyMemory<byte> Der, long Number, Validity Validity)
{
    // Unix seconds until the year 2242, and a billion revocations.
    private const int TimeBits = 33;

    /// <summary>
    /// The number of a CRL (RFC 5280, section 5.2.3) that tells of the count of revocations at this version: one that tells
    /// of more has the higher number whatever the clocks of the nodes say, and of those that tell of the same the later has.
    /// </summary>
    public static long NumberOf(long countVersion, DateTimeOffset madeAt) =>
        checked(countVersion << TimeBits) | madeAt.ToUnixTimeSeconds();

    /// <summary>Whether it tells of every revocation and is in the first half of its life.</summary>
    public bool IsFresh(long countVersion, DateTimeOffset now) =>
        Number >> TimeBits == countVersion && now < Validity.NotBefore + ((Validity.NotAfter - Validity.NotBefore) / 2);
}
