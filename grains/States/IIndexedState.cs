namespace CodeSigning.Grains.States;

/// <summary>A grain's state that says what lists may filter it by.</summary>
public interface IIndexedState
{
    /// <summary>
    /// Derives the index from the content: at each write, and again when a list finds the row, since a row whose columns
    /// say something else is refused. So whoever changes what is derived also writes the stored rows anew.
    /// </summary>
    StateIndex ToIndex();
}
