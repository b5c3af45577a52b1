using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>How often the store is tidied.</summary>
public sealed class HousekeepingOptions
{
    /// <summary>How late observations are written.</summary>
    public TimeSpan ObservationInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often what has expired is removed.</summary>
    public TimeSpan PurgeInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an expired state is kept.</summary>
    public TimeSpan ExpiredStatesKept { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The kinds of state that are removed when their end has come (<see cref="StateIndex.Until"/>).</summary>
    public IList<string> PurgedTypes { get; } = [StateTypes.Session, StateTypes.SeenToken];
}
