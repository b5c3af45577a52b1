namespace CodeSigning.Contract;

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The items, newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
