using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;

namespace CodeSigning.Gateway.Pages.Components;

/// <summary>Files that a form uploads. They stay in memory: the form's options see to that.</summary>
internal static class Upload
{
    // A SEQUENCE whose length takes more than a byte (X.690, section 8.1.3), which no text begins with.
    private const byte Sequence = 0x30;
    private const byte LongLength = 0x80;

    /// <summary>The bytes of a file; null if none was chosen.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContext http, string field, CancellationToken cancellationToken)
    {
        if (!http.Request.HasFormContentType || http.Request.Form.Files.GetFile(field) is not { Length: > 0 } file)
        {
            return null;
        }

        var bytes = new byte[file.Length];
        await using var stream = file.OpenReadStream();
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <summary>The same as a text that is zeroed when it is disposed; null if none was chosen.</summary>
    public static async Task<SecretText?> ReadSecretAsync(HttpContext http, string field, CancellationToken cancellationToken)
    {
        var file = await ReadAsync(http, field, cancellationToken);
        try
        {
            return file switch
            {
                null => null,
                [Sequence, >= LongLength, ..] der => SecretText.Write(
                    2 * der.Length + 4, text => Convert.TryToBase64Chars(der, text.Span, out var length) ? length : 0),
                var text => SecretText.Write(text.Length, characters => Encoding.UTF8.GetChars(text, characters.Span)),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
    }

    /// <summary>The same as a text: PEM as it is, DER as base64; null if none was chosen.</summary>
    public static async Task<string?> ReadTextAsync(HttpContext http, string field, CancellationToken cancellationToken) =>
        await ReadAsync(http, field, cancellationToken) switch
        {
            null => null,
            [Sequence, >= LongLength, ..] der => Convert.ToBase64String(der),
            var text => Encoding.UTF8.GetString(text),
        };
}
