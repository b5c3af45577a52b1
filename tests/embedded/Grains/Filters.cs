using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Grains;

/// <summary>Notes what passes, and refuses calls that carry a word it was told of.</summary>
public sealed class NotingFilter(string name, Stage stage) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Grain is not FailingGrain)
        {
            await context.Invoke();
            return;
        }

        stage.Note($"{name}: {context.TargetId} {context.MethodName} {context.InterfaceMethod.DeclaringType!.Name} "
            + $"{context.ImplementationMethod.DeclaringType!.Name} {context.TargetContext.GrainId}");
        if (RequestContext.Get("refused by") is string refused && refused == name)
            throw new InvalidOperationException("refused by " + name);
        try
        {
            await context.Invoke();
            if (RequestContext.Get("replaced by") is string replaced && replaced == name)
                context.Result = name + " was here";
            stage.Note($"{name}: {context.Result}");
        }
        catch (QuotaException exception)
        {
            stage.Note($"{name}: {exception.Message}");
            throw;
        }
    }
}
