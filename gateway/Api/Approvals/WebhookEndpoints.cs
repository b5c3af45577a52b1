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
    }

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

    /// <summary>Lists the deliveries to a webhook with their outcome, newest first.</summary>
    internal static async Task<Ok<Page<DeliveryView>>> ListDeliveriesAsync(
        string webhookId, [AsParameters] PageQuery page, ApiCall call, Webhooks webhooks)
    {
        PathId.Validate(IdPrefixes.Webhook, webhookId);
        return TypedResults.Ok(await call.AskAsync(caller =>
            webhooks.ListDeliveriesAsync(caller, webhookId, page.GetBefore(IdPrefixes.Delivery), page.GetLimit(), call.Aborted)));
    }
}
