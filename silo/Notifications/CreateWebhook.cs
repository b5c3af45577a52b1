using System.Collections.Immutable;

namespace CodeSigning.Silo.Notifications;

/// <summary>A webhook to be made.</summary>
/// <param name="Url">An https address without user, password and fragment.</param>
/// <param name="Events">Which events it wants to hear of; all if not given.</param>
/// <param name="Description">What it is for, at most 256 characters.</param>
public sealed record CreateWebhook(string Url, ImmutableArray<string>? Events = null, string? Description = null);
