using CodeSigning.Testing;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>What a house stands on.</summary>
internal interface IHouseGround : IAsyncDisposable
{
    ManualTimeProvider Time { get; }

    IServiceProvider Services { get; }

    /// <summary>Stops and starts on the same store.</summary>
    Task RestartAsync();
}
