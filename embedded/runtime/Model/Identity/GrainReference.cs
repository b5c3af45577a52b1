using System.ComponentModel;
using CodeSigning.Embedded.Engine;

namespace Orleans.Runtime;

/// <summary>A reference to a grain. Generated classes derive from it; two are equal if they mean the same grain by the same interface.</summary>
public abstract class GrainReference : IAddressable, IEquatable<GrainReference>
{
    private readonly GrainPlace _place;

    /// <summary>For generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected GrainReference(GrainPlace place) => _place = place;

    /// <summary>The grain.</summary>
    public GrainId GrainId => new(_place.Class.GrainType, IdSpan.Create(_place.Key));

    internal GrainRuntime Runtime => _place.Class.Runtime;

    /// <summary>For generated code: sends a call on its way.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected void Send(GrainCall call) => _place.Class.Send(_place.Key, call);

    /// <inheritdoc/>
    public bool Equals(GrainReference? other) => other is not null && other.GetType() == GetType() && other.GrainId == GrainId;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc/>
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"GrainReference:{GrainId}";
}
