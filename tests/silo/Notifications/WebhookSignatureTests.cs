using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>What a receiver computes.</summary>
public sealed class WebhookSignatureTests
{
    [Fact]
    public void Webhook_signature_equals_the_HMAC_of_OpenSSL() => Assert.Equal(
        // printf '1700000000.{"id":"op_1"}' | openssl dgst -sha256 -hmac 'a secret' -hex
        "sha256=d471ab93a5593b386bf1bf66fc1f919c79e388dea1a4445ca642a0819aca319c",
        WebhookSignature.Compute("a secret"u8, 1700000000, """{"id":"op_1"}"""));
}
