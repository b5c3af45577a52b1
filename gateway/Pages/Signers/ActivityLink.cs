namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>A signer's activity by its filters, as an address that can be sent.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Actor">The id, email address or name of who acted.</param>
/// <param name="From">The earliest time, in UTC.</param>
/// <param name="To">The time before which the entries are, in UTC.</param>
/// <param name="GrantId">The grant.</param>
internal sealed record ActivityLink(string? Status = null, string? Actor = null, string? From = null, string? To = null, string? GrantId = null)
{
    /// <summary>Whether it leaves nothing out.</summary>
    public bool IsAll => this == new ActivityLink();

    /// <summary>The filters as the API names them; null for none.</summary>
    public (string Name, string? Value)[] ToQuery() => [("status", Status), ("actor", Actor), ("from", From), ("to", To), ("grantId", GrantId)];

    /// <summary>The address below that of the signer.</summary>
    public string Under(string signer)
    {
        var query = string.Join('&', ToQuery().Where(filter => filter.Value is not null).Select(filter => $"{filter.Name}={Uri.EscapeDataString(filter.Value!)}"));
        return query.Length == 0 ? signer : $"{signer}?{query}";
    }

    /// <summary>A time as browsers' fields write it, in the API's format; the API's own is kept.</summary>
    public static string? ToTime(string? text) => text switch
    {
        null => null,
        { Length: 16 } => text + ":00Z",
        { Length: 19 } => text + "Z",
        _ => text,
    };
}
