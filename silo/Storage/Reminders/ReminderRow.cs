namespace CodeSigning.Silo.Storage.Reminders;

/// <summary>A reminder as it is stored. Each write gives the row a version of its own, never used before.</summary>
internal sealed record ReminderRow(string GrainId, string Name, long GrainHash, long StartMs, long PeriodMs, long Version);
