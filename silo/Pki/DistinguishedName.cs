using System.Formats.Asn1;
using System.Text;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Converts distinguished names between text (RFC 4514) and DER (RFC 5280, section 4.1.2.4). The text lists the most
/// specific part first, the DER last. Parsing is strict: anything unknown is refused.
/// </summary>
public static class DistinguishedName
{
    private const int LongestText = 1024;
    private const int MostParts = 16;

    /// <summary>Encodes a Name with one common name of 1 to 64 characters.</summary>
    /// <exception cref="CertificateRefusedException">
    /// It is empty, too long, or has control characters or lone surrogates.
    /// </exception>
    public static byte[] FromCommonName(string commonName) =>
        Write([NameAttribute.Create(NameAttributeType.ByKeyword("CN")!, commonName)]);

    /// <summary>Parses a text such as <c>CN=Example,O=Example\, Ltd,C=DE</c>.</summary>
    /// <exception cref="CertificateRefusedException">The text is malformed or has a part that cannot be issued.</exception>
    public static byte[] Parse(string text)
    {
        if (text.Length > LongestText)
        {
            throw Invalid($"The subject is too long: expected at most {LongestText} characters.");
        }

        var attributes = new DistinguishedNameParser(text).Parse();
        if (attributes.Count > MostParts)
        {
            throw Invalid($"The subject has too many parts: expected at most {MostParts}.");
        }

        if (attributes.TrueForAll(attribute => attribute.Type.Keyword != "CN"))
        {
            throw Invalid("The subject has no common name: expected a part CN=….");
        }

        attributes.Reverse();
        return Write(attributes);
    }

    /// <summary>The text of a Name in DER.</summary>
    /// <exception cref="AsnContentException">It is not a Name.</exception>
    public static string Format(ReadOnlyMemory<byte> name)
    {
        var file = new AsnReader(name, AsnEncodingRules.DER);
        var sequence = file.ReadSequence();
        file.ThrowIfNotEmpty();
        var parts = new List<string>();
        while (sequence.HasData)
        {
            var set = sequence.ReadSetOf();
            var values = new List<string>();
            while (set.HasData)
            {
                values.Add(FormatAttribute(set.ReadSequence()));
            }

            parts.Insert(0, string.Join('+', values));
        }

        return string.Join(',', parts);
    }

    internal static CertificateRefusedException Invalid(string message) => new(CertificateRefusal.InvalidName, message);

    private static byte[] Write(IReadOnlyList<NameAttribute> attributes)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var attribute in attributes)
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(attribute.Type.Oid);
                    writer.WriteCharacterString(attribute.Type.StringType, attribute.Value);
                }
            }
        }

        return writer.Encode();
    }

    private static string FormatAttribute(AsnReader attribute)
    {
        var oid = attribute.ReadObjectIdentifier();
        var value = attribute.ReadEncodedValue();
        var known = NameAttributeType.ByOid(oid);
        return known is not null && ReadText(value) is { } text
            ? $"{known.Keyword}={Escape(text)}"
            : $"{known?.Keyword ?? oid}=#{Convert.ToHexStringLower(value.Span)}";
    }

    private static string? ReadText(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        try
        {
            return reader.ReadCharacterString((UniversalTagNumber)reader.PeekTag().TagValue);
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException)
        {
            return null;
        }
    }

    private static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);
        for (var place = 0; place < value.Length; place++)
        {
            var character = value[place];
            var isEdge = (place == 0 && character is ' ' or '#') || (place == value.Length - 1 && character == ' ');
            if (character < ' ' || character == '\u007f')
            {
                escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\{(int)character:x2}");
            }
            else if (isEdge || character is '"' or '+' or ',' or ';' or '<' or '>' or '\\')
            {
                escaped.Append('\\').Append(character);
            }
            else
            {
                escaped.Append(character);
            }
        }

        return escaped.ToString();
    }
}

/// <summary>A validated part of a distinguished name.</summary>
internal sealed record NameAttribute
{
    private NameAttribute(NameAttributeType type, string value)
    {
        Type = type;
        Value = value;
    }

    public NameAttributeType Type { get; }

    public string Value { get; }

    /// <exception cref="CertificateRefusedException">The value is not valid in a certificate.</exception>
    public static NameAttribute Create(NameAttributeType type, string value)
    {
        var length = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            length++;
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune))
            {
                throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: it has a control character or a lone surrogate.");
            }

            if (type.StringType == UniversalTagNumber.PrintableString && !IsPrintable(rune))
            {
                throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: expected letters, digits, spaces and '()+,-./:=? only.");
            }

            if (type.StringType == UniversalTagNumber.IA5String && !rune.IsAscii)
            {
                throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: expected ASCII only.");
            }
        }

        if (string.IsNullOrWhiteSpace(value) || length > type.LongestValue)
        {
            throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: expected 1 to {type.LongestValue} characters.");
        }

        if (type.LongestValue == 2 && (length != 2 || !value.All(char.IsAsciiLetterUpper)))
        {
            throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: expected a country code of two capital letters (ISO 3166).");
        }

        return new NameAttribute(type, value);
    }

    private static bool IsPrintable(Rune rune) =>
        rune.IsAscii && (Rune.IsLetterOrDigit(rune) || " '()+,-./:=?".Contains((char)rune.Value, StringComparison.Ordinal));
}

/// <summary>
/// An attribute type of a distinguished name (RFC 4514, section 3, RFC 5280, appendix A, and CA/Browser Forum).
/// </summary>
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

    /// <summary>The type with this keyword (case-insensitive) or object identifier; null if it is not supported.</summary>
    public static NameAttributeType? ByKeyword(string keyword) => Array.Find(
        Known, type => type.Oid == keyword || string.Equals(type.Keyword, keyword, StringComparison.OrdinalIgnoreCase));

    /// <summary>The type with this object identifier; null if it is not supported.</summary>
    public static NameAttributeType? ByOid(string oid) => Array.Find(Known, type => type.Oid == oid);
}
