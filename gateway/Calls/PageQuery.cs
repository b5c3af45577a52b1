using System.Globalization;
using CodeSigning.Errors;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Calls;

/// <summary>The page of a list to return.</summary>
/// <param name="Limit">The page size, 1 to 100; defaults to 25.</param>
/// <param name="Cursor">The <c>next</c> of the previous page.</param>
internal readonly record struct PageQuery(
    [property: FromQuery(Name = "limit")] string? Limit, [property: FromQuery(Name = "cursor")] string? Cursor)
{
    private const int Usual = 25;
    private const int Most = 100;

    /// <summary>The page size.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public int GetLimit() =>
        Limit is null ? Usual
        : int.TryParse(Limit, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= Most ? limit
        : throw new RefusedException(ErrorCode.InvalidRequest, $"The parameter 'limit' is invalid: expected a whole number from 1 to {Most}, once.");

    /// <summary>The last id of the previous page; null for the first page.</summary>
    /// <param name="prefixes">The prefixes of ids that the list uses as cursors.</param>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public string? GetBefore(params ReadOnlySpan<string> prefixes)
    {
        if (Cursor is null)
        {
            return null;
        }

        foreach (var prefix in prefixes)
        {
            if (EntityId.Is(prefix, Cursor))
            {
                return Cursor;
            }
        }

        throw new RefusedException(ErrorCode.InvalidRequest, "The parameter 'cursor' is invalid: expected the 'next' of a page of this list.");
    }
}
