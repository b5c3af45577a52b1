using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>Writes of what decides nothing: it needs no entry and no version.</summary>
internal interface IHousekeepingWrites
{
    /// <summary>Adds counts to what was observed before and moves the last times forward.</summary>
    Task AddObservationsAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken);

    /// <summary>Removes answers that were made before a time, at most so many; returns how many.</summary>
    Task<int> PurgeAnswersAsync(long madeBeforeMs, int limit, CancellationToken cancellationToken);
}
