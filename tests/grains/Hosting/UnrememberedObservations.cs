using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>Forgets what it is told, as a node may that crashes.</summary>
internal sealed class UnrememberedObservations : IObservations
{
    public void Note(string subject, string what)
    {
    }

    public Task<IReadOnlyList<Observation>> ReadAsync(
        IReadOnlyCollection<string> subjects, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Observation>>([]);
}
