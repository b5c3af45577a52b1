using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>A row, and what lists of it filter by.</summary>
internal sealed record MemoryCell(StoredState Stored, StateIndex Index)
{
    /// <summary>Whether a list would hold it.</summary>
    public bool Fits(StateQuery query) =>
        (query.Parent is null || query.Parent == Index.Parent)
        && (query.Name is null || query.Name == Index.Name)
        && (query.Before is null || string.CompareOrdinal(Stored.Id, query.Before) < 0)
        && (query.UntilBefore is null || Index.Until < query.UntilBefore)
        && (query.UntilAtLeast is null || Index.Until is null || Index.Until >= query.UntilAtLeast)
        && (query.Statuses.IsDefaultOrEmpty || (Index.Status is { } status && query.Statuses.Contains(status)))
        && (query.AnyLink.IsDefaultOrEmpty || (!Index.Links.IsDefaultOrEmpty && query.AnyLink.Any(link => Index.Links.Contains(link))));
}
