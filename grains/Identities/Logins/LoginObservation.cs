using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Identities.Logins;

/// <summary>How logins are noted: of people, machine identities and client secrets alike.</summary>
internal static class LoginObservation
{
    private const string What = "login";

    public static void NoteLogin(this IObservations observations, string subject) => observations.Note(subject, What);

    /// <summary>The logins of these subjects; a subject that never logged in has none.</summary>
    public static async Task<IReadOnlyDictionary<string, Observation>> ReadLoginsAsync(
        this IObservations observations, IReadOnlyCollection<string> subjects, CancellationToken cancellationToken)
    {
        if (subjects.Count == 0)
        {
            return new Dictionary<string, Observation>();
        }

        var all = await observations.ReadAsync(subjects, cancellationToken);
        return all.Where(seen => seen.What == What).ToDictionary(seen => seen.Subject);
    }
}
