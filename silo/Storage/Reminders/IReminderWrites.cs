namespace CodeSigning.Silo.Storage.Reminders;

/// <summary>Writes rows of the reminder table.</summary>
internal interface IReminderWrites
{
    /// <summary>Inserts or replaces a row; where <paramref name="expected"/> is given, only replaces the row of that version.</summary>
    /// <returns>False where no row has that version.</returns>
    Task<bool> UpsertAsync(ReminderRow row, long? expected, CancellationToken cancellationToken);

    /// <summary>Removes a row of that version; false where there is none.</summary>
    Task<bool> RemoveAsync(string grainId, string name, long version, CancellationToken cancellationToken);
}
