using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class IdentityTests
{
    [Fact]
    public async Task A_grain_knows_its_key()
    {
        await using var host = await RunningHost.Start();

        Assert.Equal("ключ/with slash", await host.Grains.GetGrain<IContext>("ключ/with slash").Key());
        Assert.Equal(-5, await host.Grains.GetGrain<INumbered>(-5).Number());
    }

    [Fact]
    public async Task A_reference_tells_whose_it_is()
    {
        await using var host = await RunningHost.Start();
        var reference = host.Grains.GetGrain<IContext>("one");

        Assert.Equal("one", reference.GetPrimaryKeyString());
        Assert.Equal("context/one", reference.GetGrainId().ToString());
        Assert.Equal(255, host.Grains.GetGrain<INumbered>(255).GetPrimaryKeyLong());
        Assert.Equal("numbered/FF", host.Grains.GetGrain<INumbered>(255).GetGrainId().ToString());
    }

    [Fact]
    public async Task References_to_one_grain_are_equal()
    {
        await using var host = await RunningHost.Start();
        var reference = host.Grains.GetGrain<IContext>("one");

        Assert.Equal(reference, host.Grains.GetGrain<IContext>("one"));
        Assert.NotEqual(reference, host.Grains.GetGrain<IContext>("two"));
        Assert.Equal(reference, await reference.Self());
    }

    [Fact]
    public async Task A_reference_travels_in_a_call()
    {
        await using var host = await RunningHost.Start();

        Assert.Equal("two", await host.Grains.GetGrain<IContext>("one").KeyOf(host.Grains.GetGrain<IContext>("two")));
    }

    [Fact]
    public async Task A_grain_is_found_by_its_id()
    {
        await using var host = await RunningHost.Start();

        Assert.Equal("one", await host.Grains.GetGrain<IContext>(GrainId.Create("context", "one")).Key());
    }

    [Fact]
    public async Task A_method_of_a_base_interface_can_be_called()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("call.go");
        IGate gate = host.Grains.GetGrain<IPlainGate>("one");

        await gate.Hold("call");
    }

    // The first value is one that Orleans' own tests hold still; the others were computed with xxhsum.
    [Theory]
    [InlineData("type/key", 831806783)]
    [InlineData("counter/one", 4222754434)]
    [InlineData("signer/9f86d081-884c-4d63-a6f2-3c0b1f0a4b52", 1916886261)]
    public void An_id_hashes_the_same_on_either_host(string id, uint hash)
    {
        var parsed = GrainId.Parse(id);

        Assert.Equal(id, parsed.ToString());
        Assert.Equal(hash, parsed.GetUniformHashCode());
    }
}
