using CodeSigning.Errors;
using Xunit;

namespace CodeSigning.Grains.Tests.Certificates;

internal static class Refusals
{
    /// <summary>Fails the test unless the call is refused with this code; gives the sentence.</summary>
    public static async Task<string> RefusesAsync(ErrorCode code, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(call);
        Assert.Equal(code, refused.Code);
        return refused.Message;
    }
}
