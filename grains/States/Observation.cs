namespace CodeSigning.Grains.States;

/// <summary>When and how often something was seen.</summary>
/// <param name="Subject">The id of what was seen.</param>
/// <param name="What">What happened to it, such as <c>login</c>.</param>
/// <param name="LastAt">The last time (UTC).</param>
/// <param name="Count">How often in all.</param>
public sealed record Observation(string Subject, string What, DateTimeOffset LastAt, long Count);
