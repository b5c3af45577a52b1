namespace Orleans.Runtime
{
    /// <summary>Keys of the <see cref="TimeProvider"/>s that parts of the host follow, where they are registered; else the plain one.</summary>
    public static class TimeProviderNames
    {
        /// <summary>Grain timers.</summary>
        public const string Grains = "Orleans.Grains";

        /// <summary>Call time-outs.</summary>
        public const string Messaging = "Orleans.Messaging";

        /// <summary>Idle collection.</summary>
        public const string ActivationManagement = "Orleans.ActivationManagement";
    }
}

namespace Orleans.Reminders
{
    /// <summary>Key of the <see cref="TimeProvider"/> that reminders follow.</summary>
    public static class ReminderTimeProviderNames
    {
        /// <summary>Reminders.</summary>
        public const string Reminders = "Orleans.Reminders";
    }
}
