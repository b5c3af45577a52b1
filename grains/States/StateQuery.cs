using System.Collections.Immutable;

namespace CodeSigning.Grains.States;

/// <summary>Asks for one page of the states of a kind, newest first (ids are ordered by time of creation).</summary>
/// <param name="Type">The kind of state.</param>
/// <param name="Parent">Only those that belong to this id.</param>
/// <param name="Statuses">Only those with one of these statuses; default or empty for any.</param>
/// <param name="AnyLink">Only those with one of these links; default or empty for any.</param>
/// <param name="Name">Only the one of this name.</param>
/// <param name="UntilBefore">Only those that end before this time.</param>
/// <param name="UntilAtLeast">Only those that end at this time or later, or never.</param>
/// <param name="Before">Only those whose id sorts before this one: the last id of the page before.</param>
/// <param name="Limit">At most so many, 1 to 1000.</param>
public sealed record StateQuery(
    string Type,
    string? Parent = null,
    ImmutableArray<string> Statuses = default,
    ImmutableArray<string> AnyLink = default,
    string? Name = null,
    DateTimeOffset? UntilBefore = null,
    DateTimeOffset? UntilAtLeast = null,
    string? Before = null,
    int Limit = 25);
