namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>How failures of one kind slow down what comes after them.</summary>
/// <param name="FreeFailures">So many failures cost nothing.</param>
/// <param name="FirstDelay">How long the next one blocks; each further one twice as long.</param>
/// <param name="MaxDelay">The longest block.</param>
/// <param name="AttemptsAtOnce">How many attempts may be under way at once: they could all be guesses.</param>
public sealed record ThrottleRule(int FreeFailures, TimeSpan FirstDelay, TimeSpan MaxDelay, int AttemptsAtOnce)
{
    /// <summary>How long to block after so many failures.</summary>
    internal TimeSpan DelayAfter(int failures)
    {
        if (failures <= FreeFailures)
        {
            return TimeSpan.Zero;
        }

        var doublings = Math.Min(failures - FreeFailures - 1, 30);
        var delay = FirstDelay * Math.Pow(2, doublings);
        return delay < MaxDelay ? delay : MaxDelay;
    }
}
