using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class ExceptionTests
{
    [Fact]
    public async Task An_exception_reaches_the_caller_with_type_message_and_stack()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IFailing>("one");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.FailAtOnce("as told"));

        Assert.Equal("as told", exception.Message);
        Assert.Contains(nameof(FailingGrain), exception.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_of_our_own_keeps_what_it_holds()
    {
        await using var host = await RunningHost.Start();

        var exception = await Assert.ThrowsAsync<QuotaException>(() => host.Grains.GetGrain<IFailing>("one").FailLater(7));

        Assert.Equal(("spent", 7), (exception.Message, exception.Left));
    }

    [Fact]
    public async Task An_exception_passes_through_the_grains_between()
    {
        await using var host = await RunningHost.Start();

        var exception = await Assert.ThrowsAsync<QuotaException>(() => host.Grains.GetGrain<IFailing>("one").FailInAnother("two", 3));

        Assert.Equal(3, exception.Left);
    }

    [Fact]
    public async Task A_failed_value_task_reaches_the_caller()
    {
        await using var host = await RunningHost.Start();

        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Grains.GetGrain<IFailing>("one").FailValue("wrong"));
    }

    [Fact]
    public async Task A_grain_that_gives_up_cancels_its_caller()
    {
        await using var host = await RunningHost.Start();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Grains.GetGrain<IFailing>("one").GiveUp());
    }

    [Fact]
    public async Task A_grain_goes_on_after_an_exception()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IFailing>("one");
        await Assert.ThrowsAsync<InvalidOperationException>(() => grain.FailAtOnce("as told"));

        Assert.Equal("still here", await grain.Echo("still here"));
    }
}
