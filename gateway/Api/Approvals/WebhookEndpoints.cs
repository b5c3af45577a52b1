using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Identifiers;
using CodeSigning.Silo.Notifications;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Webhooks: product administrators manage them.</summary>
internal static class WebhookEndpoints
{
    public static void MapWebhookEndpoints(this IEndpointRouteBuilder webhooks)
    {
        webhooks.MapPost("/", CreateAsync).WithName("CreateWebhook").TakesIdempotencyKey(StatusCodes.Status201Created);
        webhooks.MapGet("/", ListAsync).WithName("ListWebhooks");
        webhooks.MapGet("/{webhookId}", GetAsync).WithName("GetWebhook");
        webhooks.MapDelete("/{webhookId}", DeleteAsync).WithName("DeleteWebhook");
        webhooks.MapGet("/{webhookId}/deliveries", ListDeliveriesAsync).WithName("ListWebhookDeliveries");
        webhooks.MapPost("/{webhookId}/test", TestAsync).WithName("TestWebhook");
    }

    public static void MapMailEndpoints(this IEndpointRouteBuilder mail) => mail.MapPost("/test", TestMailAsync).WithName("TestMail");

    /// <summary>
    /// Creates a webhook; only this response contains its secret. Each event is posted as {id, type, at, data} with the
    /// headers X-CodeSigning-Event, -Delivery, -Timestamp and -Signature: sha256= and the hex HMAC-SHA256, with the
    /// secret, of timestamp, a dot and the body.
    /// </summary>
    internal static async Task<Created<WebhookView>> CreateAsync(JsonBody<CreateWebhook> body, ApiCall call, Webhooks webhooks)
    {
        var webhook = await call.AskAsync(caller => webhooks.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/webhooks/{webhook.Id}", webhook);
    }

    /// <summary>Lists the webhooks, newest first.</summary>
    internal static async Task<Ok<Page<WebhookView>>> ListAsync(
        [AsParameters] PageQuery page, ApiCall call, Webhooks webhooks) =>
        TypedResults.Ok(await call.AskAsync(caller =>
            webhooks.ListAsync(caller, page.GetBefore(IdPrefixes.Webhook), page.GetLimit(), call.Aborted)));

    /// <summary>Gets a webhook.</summary>
    internal static async Task<Ok<WebhookView>> GetAsync(string webhookId, ApiCall call, Webhooks webhooks)
    {
        PathId.Validate(IdPrefixes.Webhook, webhookId);
        return TypedResults.Ok(await call.AskAsync(caller => webhooks.GetAsync(caller, webhookId, call.Aborted)));
    }

    /// <summary>Deletes a webhook; its pending deliveries are abandoned.</summary>
    internal static async Task<NoContent> DeleteAsync(string webhookId, ApiCall call, Webhooks webhooks)
    {
        PathId.Validate(IdPrefixes.Webhook, webhookId);
        await call.AskAsync(caller => webhooks.DeleteAsync(caller, webhookId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>
    /// Posts an event of type webhook.test to a webhook, once, and tells what became of it. The event appears in no list of
    /// deliveries.
    /// </summary>
    internal static async Task<Ok<TestDelivery>> TestAsync(string webhookId, ApiCall call, TestDeliveries tests)
    {
        PathId.Validate(IdPrefixes.Webhook, webhookId);
        return TypedResults.Ok(await call.AskAsync(caller => tests.SendWebhookAsync(caller, webhookId, call.Aborted)));
    }

    /// <summary>Mails a test to the caller's own address, and tells what became of it.</summary>
    internal static async Task<Ok<TestDelivery>> TestMailAsync(ApiCall call, TestDeliveries tests) =>
        TypedResults.Ok(await call.AskAsync(caller => tests.SendMailAsync(caller, call.Aborted)));

    /// <summary>Lists the deliveries to a webhook with their outcome, newest first.</summary>
    internal static async Task<Ok<Page<DeliveryView>>> ListDeliveriesAsync(
        string webhookId, [AsParameters] PageQuery page, ApiCall call, Webhooks webhooks)
    {
        PathId.Validate(IdPrefixes.Webhook, webhookId);
        return TypedResults.Ok(await call.AskAsync(caller =>
            webhooks.ListDeliveriesAsync(caller, webhookId, page.GetBefore(IdPrefixes.Delivery), page.GetLimit(), call.Aborted)));
    }
}
