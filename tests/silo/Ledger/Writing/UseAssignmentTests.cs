using CodeSigning.Silo.Ledger.Writing;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

public sealed class UseAssignmentTests
{
    [Fact]
    public void Element_whose_grant_was_not_counted_leaves_its_batch_alone()
    {
        var counted = PendingElement.Prepare(Elements.Use("gnt_1", 5));
        var uncounted = PendingElement.Prepare(Elements.Use("gnt_2", 5));
        List<PendingElement> batch = [uncounted, counted];
        var left = UseAssignment.Assign(batch, new Dictionary<string, long> { ["gnt_1"] = 2 }, []);
        Assert.Equal([uncounted], left);
        Assert.Equal([counted], batch);
        Assert.Equal(3, counted.Use);
    }
}
