namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>Lets calls of a method fail as they do where a node dies.</summary>
internal sealed class CallBreaker : IIncomingGrainCallFilter
{
    /// <summary>The method whose calls do not arrive; null for none.</summary>
    public string? Breaks { get; set; }

    public Task Invoke(IIncomingGrainCallContext context) =>
        context.MethodName == Breaks ? throw new TimeoutException("The call did not arrive.") : context.Invoke();
}
