namespace CodeSigning.Silo.Keys;

/// <summary>Names one sealed key. Private keys stay at version 1; a secret that is rotated gets the next version.</summary>
/// <param name="Id">1 to 200 bytes of UTF-8.</param>
/// <param name="Version">1 or more.</param>
public readonly record struct KeyReference(string Id, int Version = 1)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id} version {Version}";
}
