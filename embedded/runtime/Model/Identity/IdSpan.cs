using System.Text;

namespace Orleans.Runtime;

/// <summary>A part of a grain's identity. Orleans keeps it as UTF-8; here it is a string, which is what callers have and stores want.</summary>
public readonly struct IdSpan(string value) : IEquatable<IdSpan>
{
    private readonly string? _value = value;

    /// <summary>Whether there is no value.</summary>
    public bool IsDefault => string.IsNullOrEmpty(_value);

    /// <summary>Makes one of a string.</summary>
    public static IdSpan Create(string id) => new(id);

    /// <summary>A hash that is the same on every machine and in every version.</summary>
    public uint GetUniformHashCode() => _value is null ? 0 : StableHash.ComputeHash(Encoding.UTF8.GetBytes(_value));

    /// <inheritdoc/>
    public bool Equals(IdSpan other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IdSpan other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";

    /// <summary>Whether both are the same.</summary>
    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);
}
