using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Timers;

namespace Orleans.Timers
{
    /// <summary>Keeps the reminders of grains.</summary>
    public interface IReminderRegistry
    {
        /// <summary>Sets a reminder: due once after <paramref name="dueTime"/>, then each <paramref name="period"/>, a minute or more.</summary>
        /// <exception cref="ArgumentException">The name is empty, a time is negative or infinite, or the period is below the host's minimum.</exception>
        Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period);

        /// <summary>Removes a reminder. It is no error if it is gone already.</summary>
        Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder);

        /// <summary>A reminder of the grain, or null.</summary>
        Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName);

        /// <summary>All reminders of the grain.</summary>
        Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId);
    }
}

namespace Orleans
{
    /// <summary>Reminders as a grain asks for them.</summary>
    public static class GrainReminderExtensions
    {
        /// <inheritdoc cref="IReminderRegistry.RegisterOrUpdateReminder"/>
        /// <exception cref="InvalidOperationException">The grain is not <see cref="IRemindable"/>.</exception>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(
            this IGrainBase grain, string reminderName, TimeSpan dueTime, TimeSpan period)
        {
            var context = ContextOf(grain);
            return grain is IRemindable
                ? RegistryOf(context).RegisterOrUpdateReminder(context.GrainId, reminderName, dueTime, period)
                : throw new InvalidOperationException($"Grain {context.GrainId} must implement {nameof(IRemindable)} to use reminders.");
        }

        /// <inheritdoc cref="IReminderRegistry.UnregisterReminder"/>
        public static Task UnregisterReminder(this IGrainBase grain, IGrainReminder reminder) =>
            RegistryOf(ContextOf(grain)).UnregisterReminder(ContextOf(grain).GrainId, reminder);

        /// <inheritdoc cref="IReminderRegistry.GetReminder"/>
        public static Task<IGrainReminder?> GetReminder(this IGrainBase grain, string reminderName) =>
            RegistryOf(ContextOf(grain)).GetReminder(ContextOf(grain).GrainId, reminderName);

        /// <inheritdoc cref="IReminderRegistry.GetReminders"/>
        public static Task<List<IGrainReminder>> GetReminders(this IGrainBase grain) =>
            RegistryOf(ContextOf(grain)).GetReminders(ContextOf(grain).GrainId);

        private static IGrainContext ContextOf(IGrainBase grain)
        {
            ArgumentNullException.ThrowIfNull(grain);
            return grain.GrainContext;
        }

        private static IReminderRegistry RegistryOf(IGrainContext context) =>
            context.ActivationServices.GetRequiredService<IReminderRegistry>();
    }
}
