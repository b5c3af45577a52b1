namespace CodeSigning.Grains.Approvals;

/// <summary>Can people still be found for all that is open? Pure.</summary>
public static class Reachability
{
    /// <summary>Whether every step can be filled; a person may serve in several of them.</summary>
    public static bool CanFillEach(IEnumerable<OpenStep> steps) =>
        steps.All(step => step.Candidates.Count >= step.Required);

    /// <summary>
    /// Whether all steps can be filled with nobody in two of them: a matching of people and places, found by augmenting
    /// paths. Choosing step by step would not do: the first might take the only one whom the second has.
    /// </summary>
    public static bool CanFillTogether(IReadOnlyList<OpenStep> steps)
    {
        var places = steps.SelectMany((step, index) => Enumerable.Repeat(index, step.Required)).ToArray();
        var holder = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var place = 0; place < places.Length; place++)
        {
            if (!TryPlace(place, steps, places, holder, []))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Finds somebody for a place, moving those who hold other places where that helps.</summary>
    private static bool TryPlace(
        int place, IReadOnlyList<OpenStep> steps, int[] places, Dictionary<string, int> holder, HashSet<string> asked)
    {
        foreach (var person in steps[places[place]].Candidates)
        {
            if (asked.Add(person)
                && (!holder.TryGetValue(person, out var held) || TryPlace(held, steps, places, holder, asked)))
            {
                holder[person] = place;
                return true;
            }
        }

        return false;
    }
}
