namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>One page of checkpoints.</summary>
/// <param name="Items">Each checkpoint's exact text; keep it as it is.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record CheckpointPageBody(IReadOnlyList<string> Items, string? Next);
