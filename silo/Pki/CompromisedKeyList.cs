namespace CodeSigning.Silo.Pki;

/// <summary>One list of keys that others have, or can make; 8 bytes a key.</summary>
internal sealed class CompromisedKeyList
{
    private readonly ulong[] _moduli;
    private readonly ulong[] _numbers;
    private readonly ulong[] _infos;

    /// <summary>Takes the fingerprints over, in any order.</summary>
    /// <param name="name">What refusals call the list.</param>
    /// <param name="moduli">See <see cref="KeyFingerprints.Modulus"/>.</param>
    /// <param name="numbers">See <see cref="KeyFingerprints.Number"/>.</param>
    /// <param name="infos">See <see cref="KeyFingerprints.Infos"/>.</param>
    public CompromisedKeyList(string name, IEnumerable<ulong> moduli, IEnumerable<ulong> numbers, IEnumerable<ulong> infos)
    {
        Name = name;
        (_moduli, _numbers, _infos) = (Sorted(moduli), Sorted(numbers), Sorted(infos));
    }

    /// <summary>What refusals call it: its file's name.</summary>
    public string Name { get; }

    /// <summary>How many keys it names.</summary>
    public int Count => _moduli.Length + _numbers.Length + _infos.Length;

    /// <summary>Whether it names a key.</summary>
    public bool Contains(KeyFingerprints key) =>
        Has(_moduli, key.Modulus) || Has(_numbers, key.Number) || key.Infos.Any(info => Has(_infos, info));

    private static bool Has(ulong[] sorted, ulong? fingerprint) =>
        fingerprint is { } wanted && Array.BinarySearch(sorted, wanted) >= 0;

    private static ulong[] Sorted(IEnumerable<ulong> fingerprints)
    {
        var sorted = fingerprints.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}
