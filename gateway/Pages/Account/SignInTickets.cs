using System.Security.Cryptography;
using System.Text.Json;
using CodeSigning.Grains.Identities;
using Microsoft.AspNetCore.DataProtection;

namespace CodeSigning.Gateway.Pages.Account;

/// <summary>
/// Keeps a right password, encrypted, in the form that asks for the code, so that it need not be typed again. The server
/// keeps nothing between the two.
/// </summary>
internal sealed class SignInTickets(IDataProtectionProvider protection, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly IDataProtector _protector = protection.CreateProtector("CodeSigning.Pages.SignInTickets");

    /// <summary>The ticket of credentials.</summary>
    public string Write(PasswordCredentials credentials) => _protector.Protect(JsonSerializer.Serialize(
        new Content(credentials.Email, credentials.Password, time.GetUtcNow() + Life)));

    /// <summary>The credentials of a ticket; null if it is too old or not one of this cluster.</summary>
    public PasswordCredentials? Read(string? ticket)
    {
        try
        {
            return ticket is not null && JsonSerializer.Deserialize<Content>(_protector.Unprotect(ticket)) is { } content && content.Until > time.GetUtcNow()
                ? new PasswordCredentials(content.Email, content.Password)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed record Content(string Email, string Password, DateTimeOffset Until)
    {
        /// <summary>The type's name alone, so that no log can show the password.</summary>
        public override string ToString() => nameof(Content);
    }
}
