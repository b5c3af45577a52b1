namespace Orleans
{
    /// <summary>A grain that takes reminders.</summary>
    public interface IRemindable : IGrain
    {
        /// <summary>A reminder is due. It arrives at least once, as a call like any other.</summary>
        Task ReceiveReminder(string reminderName, Runtime.TickStatus status);
    }
}

namespace Orleans.Runtime
{
    /// <summary>A reminder as its grain holds it.</summary>
    public interface IGrainReminder
    {
        /// <summary>The reminder's name within its grain.</summary>
        string ReminderName { get; }
    }

    /// <summary>When a reminder was due. All times are UTC.</summary>
    public readonly struct TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
    {
        /// <summary>
        /// When the series began. Orleans gives the first tick of all; this host gives the tick that was due, because
        /// claiming a tick moves the series on.
        /// </summary>
        public DateTime FirstTickTime { get; } = firstTickTime;

        /// <summary>Time from tick to tick.</summary>
        public TimeSpan Period { get; } = period;

        /// <summary>When this tick was delivered.</summary>
        public DateTime CurrentTickTime { get; } = timeStamp;

        /// <inheritdoc/>
        public override string ToString() => $"<{FirstTickTime}, {Period}, {CurrentTickTime}>";
    }

    /// <summary>A reminder could not be kept or removed. It can be tried again.</summary>
    public sealed class ReminderException(string message) : OrleansException(message);
}
