namespace CodeSigning.Grains.States;

/// <summary>One page of states.</summary>
/// <param name="Items">The states, newest first.</param>
/// <param name="Next">The id to go on before; null on the last page.</param>
public sealed record StatePage(IReadOnlyList<StoredState> Items, string? Next);
