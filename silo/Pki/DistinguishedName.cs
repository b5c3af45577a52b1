using System.Formats.Asn1;
using System.Text;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Distinguished names as text (RFC 4514) and as DER (RFC 5280, section 4.1.2.4). The text names the most specific part
/// first, the DER last. Parsing is strict: what is not understood is refused, never guessed.
/// </summary>
public static class DistinguishedName
{
    private const int LongestText = 1024;
    private const int MostParts = 16;

    /// <summary>Makes the Name of one common name of 1 to 64 characters.</summary>
    /// <exception cref="CertificateRefusedException">It is empty, too long, or has control characters or half characters.</exception>
    public static byte[] FromCommonName(string commonName) =>
        Write([NameAttribute.Create(NameAttributeType.ByKeyword("CN")!, commonName)]);

    /// <summary>Parses a text such as <c>CN=Example,O=Example\, Ltd,C=DE</c>.</summary>
    /// <exception cref="CertificateRefusedException">It is not such a text, or names what cannot be issued.</exception>
    public static byte[] Parse(string text)
    {
        if (text.Length > LongestText)
        {
            throw Invalid($"The subject is longer than {LongestText} characters.");
        }

        var attributes = new DistinguishedNameParser(text).Parse();
        if (attributes.Count > MostParts)
        {
            throw Invalid($"The subject has more than {MostParts} parts.");
        }

        if (attributes.TrueForAll(attribute => attribute.Type.Keyword != "CN"))
        {
            throw Invalid("The subject has no common name; write it as CN=…");
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
