namespace CodeSigning.Grains.States;

/// <summary>How the columns of a kind of state follow from its content; verification compares the two.</summary>
/// <param name="Type">The kind; one of <see cref="StateTypes"/>.</param>
/// <param name="ReadIndex">Derives the index from the content (UTF-8 JSON).</param>
public sealed record StateKind(string Type, Func<ReadOnlyMemory<byte>, StateIndex> ReadIndex)
{
    /// <summary>The kind of a state's type.</summary>
    public static StateKind Of<TState>(string type)
        where TState : IIndexedState =>
        new(type, content => StateJson.Read<TState>(content.Span).ToIndex());

    /// <summary>A kind that no list filters.</summary>
    public static StateKind WithoutIndex(string type) => new(type, _ => StateIndex.None);
}
