namespace CodeSigning.Contract;

/// <summary>
/// Marks a member of a request's body that takes only some values of an enumeration, itself or in the objects within it, so
/// that messages offer no others.
/// </summary>
/// <param name="values">The values that are taken.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OffersAttribute(params object[] values) : Attribute
{
    /// <summary>The values that are taken.</summary>
    public IReadOnlyList<object> Values { get; } = values;
}
