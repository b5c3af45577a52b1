using System.Text.Json;
using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

public sealed class NotificationEventTests
{
    [Theory]
    [InlineData("""{"reason":{"to":"stolen"},"revokedGrants":{"added":["gnt_1","gnt_2"]},"cancelledRequests":{"added":["req_1"]}}""")]
    [InlineData("""{"reason":"stolen","revokedGrants":["gnt_1","gnt_2"],"cancelledRequests":["req_1"]}""")]
    public void Emergency_stop_notifies_of_every_ended_grant_and_request(string changes)
    {
        using var entry = JsonDocument.Parse(
            $$"""
            {"operationId":"op_1","kind":"admin","outcome":"success","action":"signer.stop","subject":"signer/sgn_1",
             "actor":{"kind":"user","id":"usr_1","name":"Ann"},"signerId":"sgn_1","signerName":"release",
             "changes":{{changes}},
             "at":"2030-01-01T00:00:00.000Z"}
            """);

        var events = NotificationEvent.Of(entry.RootElement);

        Assert.Equal(
            [
                ("op_1", "signer.stopped", "signer/sgn_1"),
                ("op_1/gnt_1", "grant.revoked", "grant/gnt_1"),
                ("op_1/gnt_2", "grant.revoked", "grant/gnt_2"),
                ("op_1/req_1", "request.cancelled", "request/req_1"),
            ],
            events.Select(happened => (happened.Id, happened.Type, happened.Subject!)));
        using var revoked = JsonDocument.Parse(events[1].Body);
        var data = revoked.RootElement.GetProperty("data");
        Assert.Equal("grant/gnt_1", data.GetProperty("subject").GetString());
        Assert.Equal("release", data.GetProperty("signerName").GetString());
    }

    [Theory]
    [InlineData("signer.revoke-grants", "revokedGrants", "gnt_1", "grant.revoked")]
    [InlineData("signer.cancel-requests", "cancelledRequests", "req_1", "request.cancelled")]
    public void Grants_and_requests_ended_by_pages_are_notified_individually(string action, string member, string id, string type)
    {
        using var entry = JsonDocument.Parse(
            $$"""
            {"operationId":"op_2","kind":"admin","outcome":"success","action":"{{action}}","subject":"signer/sgn_1",
             "changes":{"reason":"stolen","{{member}}":["{{id}}"]},"at":"2030-01-01T00:00:00.000Z"}
            """);
        Assert.Equal([(type, $"op_2/{id}")], NotificationEvent.Of(entry.RootElement).Select(happened => (happened.Type, happened.Id)));
    }

    [Theory]
    [InlineData("signer.update")]
    [InlineData("ca.create")]
    public void Most_changes_cause_no_events(string action)
    {
        using var entry = JsonDocument.Parse($"{{\"operationId\":\"op_1\",\"action\":\"{action}\",\"outcome\":\"success\"}}");
        Assert.Empty(NotificationEvent.Of(entry.RootElement));
    }
}
