namespace CodeSigning.Grains.Identities.Machines;

/// <summary>
/// Patterns in which <c>*</c> stands for any text, the empty one too, and everything else for itself, letter case
/// included. A pattern matches the whole text. Each stretch between stars takes its first place after the one before,
/// and never goes back.
/// </summary>
internal static class ClaimGlob
{
    private const char Star = '*';

    /// <summary>Whether the pattern matches the whole text.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var first = pattern.IndexOf(Star);
        if (first < 0)
        {
            return text.SequenceEqual(pattern);
        }

        var last = pattern.LastIndexOf(Star);
        var head = pattern[..first];
        var tail = pattern[(last + 1)..];
        if (text.Length < head.Length + tail.Length || !text.StartsWith(head) || !text.EndsWith(tail))
        {
            return false;
        }

        return HoldsInOrder(pattern[first..last], text[head.Length..^tail.Length]);
    }

    /// <summary>Whether the pattern demands anything at all.</summary>
    public static bool IsSelective(ReadOnlySpan<char> pattern) => pattern.ContainsAnyExcept(Star);

    private static bool HoldsInOrder(ReadOnlySpan<char> stretches, ReadOnlySpan<char> text)
    {
        foreach (var range in stretches.Split(Star))
        {
            var at = text.IndexOf(stretches[range]);
            if (at < 0)
            {
                return false;
            }

            text = text[(at + stretches[range].Length)..];
        }

        return true;
    }
}
