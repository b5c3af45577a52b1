namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>One page of entries. For the OpenAPI document; <see cref="EntryPage"/> writes it.</summary>
/// <param name="Items">The entries, newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record EntryPageBody(IReadOnlyList<EntryBody> Items, string? Next = null);
