using CodeSigning.Contract;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A file that holds a secret of the settings: a master key, a PIN, a password, a token. Its owner alone may access it, it is 4096 bytes
/// long at most, and no copy of its content is left but the result. No message repeats any of it.
/// </summary>
internal static class SecretFile
{
    /// <summary>What a setting begins with that names a file.</summary>
    public const string Prefix = "file:";

    private const int LongestFile = 4096;

    /// <summary>The path after <see cref="Prefix"/>, without blanks around it; null if the text names no file.</summary>
    public static string? PathOf(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].Trim() : null;

    /// <summary>Reads it as it is; the caller disposes the result.</summary>
    /// <param name="origin">The setting, or what else named the file.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="SecretFileException">It is missing, empty, too long, or accessible to others.</exception>
    public static SecretBytes Read(string origin, string path)
    {
        if (path.Length == 0)
        {
            throw new SecretFileException($"{origin} is invalid: expected a path after '{Prefix}'.");
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (PrivateFiles.FindExposure($"The file of {origin},", path) is { } exposure)
            {
                throw new SecretFileException(exposure);
            }

            using SecretBytes room = new(LongestFile + 1);
            return file.ReadAtLeast(room.Span, room.Length, throwOnEndOfStream: false) switch
            {
                0 => throw Empty(origin, path),
                > LongestFile => throw new SecretFileException($"The file of {origin}, {path}, is longer than {LongestFile} bytes."),
                var length => SecretBytes.CopyOf(room.Span[..length]),
            };
        }
        catch (Exception fault) when (fault is (IOException and not SecretFileException) or UnauthorizedAccessException or ArgumentException)
        {
            throw new SecretFileException($"The file of {origin}, {path}, cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>Reads text by the rule of <see cref="PastedText"/>: without a byte order mark and white space around it. The caller disposes the result.</summary>
    /// <param name="origin">The setting, or what else named the file.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="SecretFileException">It is missing, empty, too long, or accessible to others.</exception>
    public static SecretBytes ReadText(string origin, string path)
    {
        using var content = Read(origin, path);
        var text = PastedText.Trim(content.Span);
        return text.IsEmpty ? throw Empty(origin, path) : SecretBytes.CopyOf(text);
    }

    private static SecretFileException Empty(string origin, string path) => new($"The file of {origin}, {path}, is empty.");
}

/// <summary>A file of a secret cannot be used. The message names the setting, the file and the cause, and nothing of the content.</summary>
internal sealed class SecretFileException : IOException
{
    /// <summary>Creates the exception with a message for the operator.</summary>
    public SecretFileException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the operator and its cause.</summary>
    public SecretFileException(string message, Exception inner) : base(message, inner)
    {
    }
}
