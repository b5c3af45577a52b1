namespace CodeSigning.Cluster.Tests;

/// <summary>A machine identity with a secret, as a CI job holds it.</summary>
internal sealed record MachineIdentity(string Id, string ClientId, string ClientSecret);
