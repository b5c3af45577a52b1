namespace CodeSigning.Grains.Identities;

/// <summary>Asks for one page of people, machine identities or groups, newest first.</summary>
/// <param name="Limit">At most so many, 1 to 100.</param>
/// <param name="Before">The last id of the page before; null for the first page.</param>
/// <param name="Name">Only the one of this name, or, of people, of this address.</param>
public sealed record DirectoryQuery(int Limit, string? Before = null, string? Name = null);
