using System.Formats.Asn1;

namespace CodeSigning.Silo.Pki;

/// <summary>A kind of part of a distinguished name (RFC 4514, section 3, RFC 5280, appendix A, and CA/Browser Forum's).</summary>
/// <param name="Keyword">Its name in text.</param>
/// <param name="Oid">Its object identifier.</param>
/// <param name="StringType">The string type in which it is issued.</param>
/// <param name="LongestValue">Its upper bound in characters.</param>
internal sealed record NameAttributeType(string Keyword, string Oid, UniversalTagNumber StringType, int LongestValue)
{
    private static readonly NameAttributeType[] Known =
    [
        new("CN", "2.5.4.3", UniversalTagNumber.UTF8String, 64),
        new("SERIALNUMBER", "2.5.4.5", UniversalTagNumber.PrintableString, 64),
        new("C", "2.5.4.6", UniversalTagNumber.PrintableString, 2),
        new("L", "2.5.4.7", UniversalTagNumber.UTF8String, 128),
        new("ST", "2.5.4.8", UniversalTagNumber.UTF8String, 128),
        new("STREET", "2.5.4.9", UniversalTagNumber.UTF8String, 128),
        new("O", "2.5.4.10", UniversalTagNumber.UTF8String, 64),
        new("OU", "2.5.4.11", UniversalTagNumber.UTF8String, 64),
        new("BUSINESSCATEGORY", "2.5.4.15", UniversalTagNumber.UTF8String, 128),
        new("POSTALCODE", "2.5.4.17", UniversalTagNumber.UTF8String, 40),
        new("ORGANIZATIONIDENTIFIER", "2.5.4.97", UniversalTagNumber.UTF8String, 256),
        new("EMAILADDRESS", "1.2.840.113549.1.9.1", UniversalTagNumber.IA5String, 255),
        new("UID", "0.9.2342.19200300.100.1.1", UniversalTagNumber.UTF8String, 256),
        new("DC", "0.9.2342.19200300.100.1.25", UniversalTagNumber.IA5String, 63),
        new("JURISDICTIONL", "1.3.6.1.4.1.311.60.2.1.1", UniversalTagNumber.UTF8String, 128),
        new("JURISDICTIONST", "1.3.6.1.4.1.311.60.2.1.2", UniversalTagNumber.UTF8String, 128),
        new("JURISDICTIONC", "1.3.6.1.4.1.311.60.2.1.3", UniversalTagNumber.PrintableString, 2),
    ];

    /// <summary>The kind that a text names by keyword (in any case) or by object identifier; null if it is not known.</summary>
    public static NameAttributeType? ByKeyword(string keyword) => Array.Find(
        Known, type => type.Oid == keyword || string.Equals(type.Keyword, keyword, StringComparison.OrdinalIgnoreCase));

    /// <summary>The kind of an object identifier; null if it is not known.</summary>
    public static NameAttributeType? ByOid(string oid) => Array.Find(Known, type => type.Oid == oid);
}
