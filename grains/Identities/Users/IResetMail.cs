namespace CodeSigning.Grains.Identities.Users;

/// <summary>Sends people the links by which they choose a password.</summary>
public interface IResetMail
{
    /// <summary>Whether mail can be sent at all.</summary>
    bool IsAvailable { get; }

    /// <summary>Sends a link now; it is written down nowhere.</summary>
    /// <param name="address">The person's address.</param>
    /// <param name="token">The link's token, a secret.</param>
    /// <param name="expiresAt">Until when it can be used (UTC).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where the mail server took it, otherwise what went wrong.</returns>
    Task<string?> SendAsync(string address, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken);
}
