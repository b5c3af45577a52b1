namespace Orleans.Core
{
    /// <summary>A state and its copy in the store.</summary>
    public interface IStorage
    {
        /// <summary>The version last read or written; null if there is none.</summary>
        string? Etag { get; }

        /// <summary>Whether the store has a record.</summary>
        bool RecordExists { get; }

        /// <summary>Deletes the record.</summary>
        /// <exception cref="Orleans.Storage.InconsistentStateException">The store has another version.</exception>
        Task ClearStateAsync();

        /// <summary>Writes the state.</summary>
        /// <exception cref="Orleans.Storage.InconsistentStateException">The store has another version.</exception>
        Task WriteStateAsync();

        /// <summary>Reads the state anew, dropping what was in memory.</summary>
        Task ReadStateAsync();

        /// <inheritdoc cref="ClearStateAsync()"/>
        Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();

        /// <inheritdoc cref="WriteStateAsync()"/>
        Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

        /// <inheritdoc cref="ReadStateAsync()"/>
        Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();
    }

    /// <summary>A state of a type and its copy in the store.</summary>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The state in memory. Changing it changes nothing in the store.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>A grain's state, injected by <see cref="PersistentStateAttribute"/> and read before the grain activates.</summary>
    public interface IPersistentState<TState> : Core.IStorage<TState>;

    /// <summary>Marks a constructor parameter of type <see cref="IPersistentState{TState}"/>.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public class PersistentStateAttribute : Attribute
    {
        /// <summary>The state's name within the grain, and the storage that keeps it: a keyed <see cref="Storage.IGrainStorage"/>.</summary>
        public PersistentStateAttribute(string stateName, string? storageName = null)
        {
            ArgumentNullException.ThrowIfNull(stateName);
            StateName = stateName;
            StorageName = storageName;
        }

        /// <summary>The state's name within the grain.</summary>
        public string StateName { get; }

        /// <summary>The key of the storage; null for the one called "Default".</summary>
        public string? StorageName { get; }
    }
}
