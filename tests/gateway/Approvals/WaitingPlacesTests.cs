using CodeSigning.Gateway.Api.Approvals;

namespace CodeSigning.Gateway.Tests.Approvals;

public sealed class WaitingPlacesTests
{
    [Fact]
    public void One_caller_cannot_take_every_waiting_place()
    {
        var places = new WaitingPlaces(most: 4, mostOfOneCaller: 2);

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => places.TryTake("usr_many")));
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(i => places.TryTake($"usr_{i}")));
        places.Return("usr_many");
        Assert.True(places.TryTake("usr_many"));
    }
}
