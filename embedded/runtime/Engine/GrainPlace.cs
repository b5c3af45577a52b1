namespace CodeSigning.Embedded.Engine;

/// <summary>Where a reference leads: a grain class of one host, and a key. Opaque to all but the runtime.</summary>
public readonly struct GrainPlace
{
    internal GrainPlace(GrainClass grainClass, string key)
    {
        Class = grainClass;
        Key = key;
    }

    internal GrainClass Class { get; }

    internal string Key { get; }
}
