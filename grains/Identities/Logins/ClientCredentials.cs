namespace CodeSigning.Grains.Identities.Logins;

/// <summary>What a machine identity logs in with.</summary>
/// <param name="ClientId">The machine identity's id.</param>
/// <param name="ClientSecret">One of its client secrets.</param>
public sealed record ClientCredentials(string ClientId, string ClientSecret)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(ClientCredentials);
}
