using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Grains.Tests.Notifications;

public sealed class NotificationFeedTests
{
    [Fact]
    public async Task A_round_reads_what_was_there_when_it_began_and_asks_for_no_other()
    {
        await using var house = await SigningHouse.OpenAsync();
        var person = await house.AddPersonAsync("operator");
        var signer = await house.AddSignerAsync(null, await house.AddPersonAsync("administrator"), person);
        await house.Notifications.AdvanceAsync(CancellationToken.None); // From here on it listens.
        for (var i = 0; i < 3; i++)
        {
            await house.SignAsync(person, signer);

            Assert.False(await house.Notifications.AdvanceAsync(CancellationToken.None));
        }

        Assert.False(await house.Notifications.AdvanceAsync(CancellationToken.None));
        var position = await house.States.ReadAsync(StateTypes.NotificationFeed, FeedState.RowId, CancellationToken.None);
        var entries = await house.Ledger.ListAsync(new LedgerQuery(Limit: 1000), CancellationToken.None);
        Assert.Equal(entries.Count, position!.ReadAs<FeedState>().Numbers.Values.Sum());
    }
}
