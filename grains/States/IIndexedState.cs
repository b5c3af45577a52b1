namespace CodeSigning.Grains.States;

/// <summary>A grain's state that says what lists may filter it by.</summary>
public interface IIndexedState
{
    /// <summary>Derives the index from the content; called at each write.</summary>
    StateIndex ToIndex();
}
