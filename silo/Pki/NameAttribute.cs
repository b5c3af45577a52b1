using System.Formats.Asn1;
using System.Text;

namespace CodeSigning.Silo.Pki;

/// <summary>One part of a distinguished name, checked.</summary>
internal sealed record NameAttribute
{
    private NameAttribute(NameAttributeType type, string value)
    {
        Type = type;
        Value = value;
    }

    public NameAttributeType Type { get; }

    public string Value { get; }

    /// <exception cref="CertificateRefusedException">The value cannot stand in a certificate.</exception>
    public static NameAttribute Create(NameAttributeType type, string value)
    {
        var length = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            length++;
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune))
            {
                throw DistinguishedName.Invalid($"{type.Keyword} has a control character or half a character.");
            }

            if (type.StringType == UniversalTagNumber.PrintableString && !IsPrintable(rune))
            {
                throw DistinguishedName.Invalid($"{type.Keyword} takes letters, digits, spaces and '()+,-./:=? only.");
            }

            if (type.StringType == UniversalTagNumber.IA5String && !rune.IsAscii)
            {
                throw DistinguishedName.Invalid($"{type.Keyword} takes ASCII only.");
            }
        }

        if (string.IsNullOrWhiteSpace(value) || length > type.LongestValue)
        {
            throw DistinguishedName.Invalid($"{type.Keyword} has 1 to {type.LongestValue} characters.");
        }

        if (type.LongestValue == 2 && (length != 2 || !value.All(char.IsAsciiLetterUpper)))
        {
            throw DistinguishedName.Invalid($"{type.Keyword} is a country's code of two capital letters (ISO 3166).");
        }

        return new NameAttribute(type, value);
    }

    private static bool IsPrintable(Rune rune) =>
        rune.IsAscii && (Rune.IsLetterOrDigit(rune) || " '()+,-./:=?".Contains((char)rune.Value, StringComparison.Ordinal));
}
