namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>
/// The one retry that Orleans asks for: a call that meets a grain on its way out may be rejected, and can be made again.
/// </summary>
internal static class Patiently
{
    internal static async Task<T> Call<T>(Func<Task<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (OrleansMessageRejectionException) when (attempt < 5)
            {
                await Task.Yield();
            }
        }
    }
}
