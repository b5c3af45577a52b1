using System.Text.Json;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Certificates;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Grains.Tests.Notifications;

public sealed class ExpiringCertificatesTests
{
    [Fact]
    public async Task End_of_a_ca_above_a_certificate_is_notified()
    {
        await using var house = await SigningHouse.OpenAsync();
        await house.Get<Webhooks>().CreateAsync(Caller.System, new CreateWebhook("https://example.com/"), CancellationToken.None);
        using var chain = new DatedChain(house.Now, issuingFrom: -100, issuingTo: 40, leafFrom: -10, leafTo: 300);
        var certificate = new CertificateState
        {
            Id = "crt_1",
            Stage = new CertificateStage.Active(new ChainedCertificate(
                chain.Leaf, chain.IssueAgain(-100, 40), "01", "aa", house.Now.AddDays(-10), house.Now.AddDays(300))),
        };
        await house.Writer.CommitAsync(
            new LedgerElement { Writes = [StateWrite.New(StateTypes.Certificate, certificate.Id, certificate)] }, CancellationToken.None);

        Assert.Equal(60, Assert.Single(await LookAsync(house)).GetProperty("withinDays").GetInt32());
        house.Time.Sleep(TimeSpan.FromDays(11));
        var told = Assert.Single(await LookAsync(house), one => one.GetProperty("withinDays").GetInt32() != 60);

        Assert.Equal(("crt_1", 30, true), (told.GetProperty("certificateId").GetString(), told.GetProperty("withinDays").GetInt32(), told.GetProperty("endsWithAuthority").GetBoolean()));
        Assert.Equal(chain.End(40), told.GetProperty("notAfter").GetDateTimeOffset());
        // Deliveries of the earlier warning are removed after a week.
        Assert.Single(await LookAsync(house), one => one.GetProperty("withinDays").GetInt32() != 60);
    }

    private static async Task<JsonElement[]> LookAsync(SigningHouse house)
    {
        await house.Get<ExpiringCertificates>().LookAsync(CancellationToken.None);
        return
        [
            .. (await house.States.ListAsync(new StateQuery(StateTypes.Delivery, Limit: 1000), CancellationToken.None))
                .Select(row => JsonDocument.Parse(row.ReadAs<DeliveryState>().Body).RootElement.GetProperty("data"))
                .Where(data => data.TryGetProperty("certificateId", out var id) && id.GetString() == "crt_1"),
        ];
    }
}
