using CodeSigning.Grains.Identities;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>Where links that are mailed arrive.</summary>
internal sealed class Mailbox : IResetMail
{
    public bool IsAvailable { get; set; } = true;

    public List<(string Address, string Token)> Sent { get; } = [];

    public Uri ToLink(string token) => new($"https://signing.example.com/password-reset#{token}");

    public Task<string?> SendInvitationAsync(
        string address, string sentBy, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        SendAsync(address, sentBy, token, expiresAt, cancellationToken);

    public Task<string?> SendAsync(string address, string sentBy, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        Sent.Add((address, token));
        return Task.FromResult<string?>(null);
    }
}
