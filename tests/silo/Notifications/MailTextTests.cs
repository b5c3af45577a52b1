using System.Text.Json;
using CodeSigning.Approvals;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>A mail says who, why, what, how much, how long and until when, and where to act.</summary>
public sealed class MailTextTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly ToldCertificate Certificate = new("ab12", "CN=Example Ltd", "0a1b");

    private static readonly ToldRequest Request = new(
        "req_1",
        RequestKind.Signing,
        new Actor(PrincipalKind.User, "usr_1", "Rae"),
        "release 1.2",
        "release",
        Certificate,
        "releases",
        2,
        "team",
        3,
        1,
        10,
        null,
        null,
        "4h",
        new GrantScope(Tools: ["osslsigncode"]),
        Noon,
        null,
        null,
        new Uri("https://signing.example.com/requests/req_1"));

    [Fact]
    public void Approvers_read_all_that_they_decide()
    {
        var mail = Mail(EventTypes.RequestCreated, Request);
        Assert.Equal("Code signing: Approval wanted: Rae asks to sign with 'release'", mail.Subject);
        Assert.Equal(
            """
            Rae asks to sign with 'release'. The request waits for your decision.

            Reason:
            > release 1.2
            Signatures: at most 10
            Window: 4h from the approval
            Certificate: CN=Example Ltd (serial number 0a1b)
            Only for:
            > tools: osslsigncode
            Policy: 'releases', step 2 of 3 (team); approvals missing in it: 1
            Request expires: 2030-01-31 12:00:00 UTC

            https://signing.example.com/requests/req_1
            """,
            mail.Text);
    }

    [Theory]
    [InlineData("request.approved", "Approved: your request to sign with 'release'", "Ann approved your request")]
    [InlineData("request.rejected", "Rejected: your request to sign with 'release'", "Ann rejected your request")]
    [InlineData("request.cancelled", "Cancelled: your request to sign with 'release'", "Ann ended your request")]
    [InlineData("request.expired", "Expired: your request to sign with 'release'", "was not decided in time")]
    [InlineData("request.unreachable", "Cannot be approved: your request to sign with 'release'", "ask a product administrator")]
    public void Requesters_read_what_became_of_their_request(string type, string subject, string lead)
    {
        var mail = Mail(type, Request with { Comment = "not on a Friday", Step = null, MissingApprovals = null });
        Assert.Equal("Code signing: " + subject, mail.Subject);
        Assert.Contains(lead, mail.Text, StringComparison.Ordinal);
        Assert.Contains("Comment:\n> not on a Friday\n", mail.Text, StringComparison.Ordinal);
        Assert.EndsWith("\nhttps://signing.example.com/requests/req_1", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Holders_of_a_grant_read_who_revoked_it_and_why()
    {
        var told = new ToldGrant(
            "gnt_1",
            new PrincipalRef(PrincipalKind.User, "usr_1") { Name = "Rae" },
            "release 1.2",
            "release",
            Certificate,
            null,
            Noon,
            Noon.AddHours(4),
            null,
            "the laptop was stolen",
            new Uri("https://signing.example.com/requests/req_1"));
        var mail = MailText.Of(Happened(EventTypes.GrantRevoked), new NotificationSubject.OfGrant(told, new GrantState()));
        Assert.Equal(
            """
            Ann revoked the grant of Rae to sign with 'release'.

            Revoked because:
            > the laptop was stolen
            Reason of the grant:
            > release 1.2
            Signatures: any number
            Window: from 2030-01-31 12:00:00 UTC until 2030-01-31 16:00:00 UTC
            Certificate: CN=Example Ltd (serial number 0a1b)

            https://signing.example.com/requests/req_1
            """,
            mail.Text);
    }

    [Fact]
    public void Requester_cannot_forge_lines_of_the_mail()
    {
        var mail = Mail(EventTypes.RequestCreated, Request with { Justification = "fine\r\nPolicy: none\u0007" });
        Assert.Contains("> fine\n> Policy: none \n", mail.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"op_1","type":"request.created","at":"2030-01-01T00:00:00.000Z","data":{}}""")]
    [InlineData("""{"id":"op_1","type":"request.created","at":"2030-01-01T00:00:00.000Z","data":{"subject":"request/req_1"}}""")]
    public void Webhooks_get_the_same_facts(string body)
    {
        var raised = new NotificationEvent("op_1", EventTypes.RequestCreated, "request/req_1", body);
        var told = new NotificationSubject.OfRequest(Request, new ApprovalRequestState()).AddTo(raised).Body;
        var request = JsonElement.Parse(told).GetProperty("data").GetProperty("request");
        Assert.Equal("Rae", request.GetProperty("requester").GetProperty("name").GetString());
        Assert.Equal("CN=Example Ltd", request.GetProperty("certificate").GetProperty("subject").GetString());
        Assert.Equal("https://signing.example.com/requests/req_1", request.GetProperty("url").GetString());
        Assert.DoesNotContain("\\u0027", told, StringComparison.Ordinal);
    }

    private static NotificationEvent Happened(string type) => new("op_1", type, "request/req_1", "{}", "usr_2", "Ann");

    private static MailText Mail(string type, ToldRequest request) =>
        MailText.Of(Happened(type), new NotificationSubject.OfRequest(request, new ApprovalRequestState()));
}
