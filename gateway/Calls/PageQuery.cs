using CodeSigning.Errors;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Calls;

/// <summary>Which page of a list is asked for.</summary>
/// <param name="LimitOrNone">At most so many items, 1 to 100; 25 if not given.</param>
/// <param name="Cursor">The <c>next</c> of the page before.</param>
internal readonly record struct PageQuery(
    [property: FromQuery(Name = "limit")] int? LimitOrNone, [property: FromQuery(Name = "cursor")] string? Cursor)
{
    private const int Usual = 25;
    private const int Most = 100;

    /// <summary>At most so many items.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public int GetLimit() => LimitOrNone is null or (>= 1 and <= Most)
        ? LimitOrNone ?? Usual
        : throw new RefusedException(ErrorCode.InvalidRequest, "The limit is 1 to 100.");

    /// <summary>The last id of the page before; null for the first page.</summary>
    /// <param name="prefixes">The kinds of ids that the list gives as its cursor.</param>
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

        throw new RefusedException(ErrorCode.InvalidRequest, "The cursor is not one that a page of this list gave as next.");
    }
}
