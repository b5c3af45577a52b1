using System.Globalization;
using System.Text;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Parses the text of a distinguished name by the grammar of RFC 4514, section 3, with two differences: spaces around
/// separators are allowed, as people write them, and parts of several values (<c>+</c>) and of hex (<c>#</c>) are not.
/// </summary>
internal sealed class DistinguishedNameParser(string text)
{
    private const int LongestShown = 64;

    private int _place;

    private bool AtEnd => _place == text.Length;

    public List<NameAttribute> Parse()
    {
        var attributes = new List<NameAttribute>();
        do
        {
            var type = ParseType();
            attributes.Add(NameAttribute.Create(type, ParseValue(type)));
        }
        while (TakeComma());
        return attributes;
    }

    private NameAttributeType ParseType()
    {
        var equals = text.IndexOf('=', _place);
        if (equals < 0)
        {
            throw NoPart(text[_place..]);
        }

        var keyword = text[_place..equals].Trim(' ');
        if (keyword.Contains(',', StringComparison.Ordinal))
        {
            throw NoPart(keyword[..keyword.IndexOf(',', StringComparison.Ordinal)]);
        }

        _place = equals + 1;
        return NameAttributeType.ByKeyword(keyword)
            ?? throw DistinguishedName.Invalid(
                $"The subject has a part of the unknown type '{Shorten(keyword)}': expected CN, O, OU, L, ST, C or another type of RFC 4514.");
    }

    private static CertificateRefusedException NoPart(string part) => DistinguishedName.Invalid(
        $"The subject is invalid at '{Shorten(part.Trim(' '))}': expected a part such as O=Example; a comma that belongs to a value is written \\, (O=Example\\, Inc.).");

    private static string Shorten(string part) => part.Length <= LongestShown ? part : part[..LongestShown] + "…";

    private string ParseValue(NameAttributeType type)
    {
        while (!AtEnd && text[_place] == ' ')
        {
            _place++;
        }

        if (!AtEnd && text[_place] == '#')
        {
            throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: write it as text, not in hex.");
        }

        // Spaces before a separator do not belong to the value, unless the last of them is escaped.
        var value = new List<byte>();
        var kept = 0;
        while (!AtEnd && text[_place] != ',')
        {
            var isSpace = text[_place] == ' ';
            value.AddRange(TakeCharacter(type));
            if (!isSpace)
            {
                kept = value.Count;
            }
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. value[..kept]]);
        }
        catch (DecoderFallbackException)
        {
            throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: its escaped bytes are not UTF-8.");
        }
    }

    /// <summary>Takes one character, escaped or not, as UTF-8: escaped hex pairs are single bytes of it.</summary>
    private byte[] TakeCharacter(NameAttributeType type)
    {
        if (text[_place] != '\\')
        {
            if (text[_place] is '"' or '+' or ';' or '<' or '>')
            {
                throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: escape {text[_place]} as \\{text[_place]}.");
            }

            if (!Rune.TryGetRuneAt(text, _place, out var rune))
            {
                throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: it has a lone surrogate.");
            }

            _place += rune.Utf16SequenceLength;
            return Encoding.UTF8.GetBytes(rune.ToString());
        }

        var escaped = text.AsSpan(_place + 1);
        if (escaped.Length >= 1 && " \"#+,;<=>\\".Contains(escaped[0], StringComparison.Ordinal))
        {
            _place += 2;
            return [(byte)escaped[0]];
        }

        if (escaped.Length >= 2
            && byte.TryParse(escaped[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex))
        {
            _place += 3;
            return [hex];
        }

        throw DistinguishedName.Invalid($"The part {type.Keyword} is invalid: it has a \\ that escapes nothing.");
    }

    private bool TakeComma()
    {
        if (AtEnd)
        {
            return false;
        }

        _place++;
        return true;
    }
}
