namespace CodeSigning.Grains.Ledger;

/// <summary>One more use of something that is counted apart from the state it belongs to; see <see cref="States.UseCountState"/>.</summary>
/// <param name="Id">What is counted, such as a client secret's id.</param>
/// <param name="Limit">The commit refuses to go beyond; null counts without limit.</param>
public sealed record CounterUse(string Id, long? Limit);
