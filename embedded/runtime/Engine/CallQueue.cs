namespace CodeSigning.Embedded.Engine;

/// <summary>Calls in a row, linked through themselves: an idle activation pays two words for it.</summary>
internal struct CallQueue
{
    private GrainCall? _last;

    internal GrainCall? First { get; private set; }

    internal readonly bool IsEmpty => First is null;

    /// <summary>How many of them may interleave with any other: only while some do is it worth looking behind one that may not.</summary>
    internal int Interleaving { get; private set; }

    internal void Add(GrainCall call)
    {
        call.Behind = null;
        if (call.AlwaysInterleaves)
            Interleaving++;
        if (_last is null)
            First = call;
        else
            _last.Behind = call;
        _last = call;
    }

    /// <summary>Removes the call behind <paramref name="before"/>, or the first one.</summary>
    internal void RemoveBehind(GrainCall? before)
    {
        var removed = before is null ? First! : before.Behind!;
        if (removed.AlwaysInterleaves)
            Interleaving--;
        if (before is null)
            First = removed.Behind;
        else
            before.Behind = removed.Behind;
        if (ReferenceEquals(_last, removed))
            _last = before;
        removed.Behind = null;
    }
}
