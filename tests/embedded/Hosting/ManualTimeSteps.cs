namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>Moves a test's clock as hosts need it that look at it now and then.</summary>
internal static class ManualTimeSteps
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Moves by steps of a second at most.</summary>
    public static void AdvanceBySteps(this ManualTimeProvider time, TimeSpan by)
    {
        for (; by > TimeSpan.Zero; by -= Second)
            time.Advance(by < Second ? by : Second);
    }

    /// <summary>Moves step by step until something holds, letting other threads work in between.</summary>
    public static async Task AdvanceUntil(this ManualTimeProvider time, Func<bool> holds, TimeSpan step, TimeSpan atMost)
    {
        for (var moved = TimeSpan.Zero; !holds(); moved += step)
        {
            if (moved > atMost)
                throw new TimeoutException($"It does not hold after {atMost} of the test's clock.");
            time.Advance(step);
            for (var look = 0; look < 20 && !holds(); look++)
                await Task.Delay(1);
        }
    }
}
