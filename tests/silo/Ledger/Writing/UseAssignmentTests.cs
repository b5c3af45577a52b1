using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Writing;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

public sealed class UseAssignmentTests
{
    [Fact]
    public void Element_with_uncounted_grant_does_not_fail_its_batch()
    {
        var counted = PendingElement.Prepare(Elements.Use("gnt_1", 5));
        var uncounted = PendingElement.Prepare(Elements.Use("gnt_2", 5));
        List<PendingElement> batch = [uncounted, counted];
        var left = new UseAssignment(new Dictionary<string, UseCount> { ["gnt_1"] = new(3, 2) }).Assign(batch, []);
        Assert.Equal([uncounted], left);
        Assert.Equal([counted], batch);
        Assert.Equal(3, counted.Use);
    }
}
