using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>The people, machine identities and groups that a form offers as members: the newest of each.</summary>
internal sealed class KnownPrincipals(UserDirectory users, IdentityDirectory identities, GroupDirectory groups)
{
    private const int MostOffered = 100;

    /// <summary>Each with its value in a form and its name.</summary>
    public async Task<IReadOnlyList<(string Value, string Text)>> ListAsync(ApiCall call)
    {
        var query = new DirectoryQuery(MostOffered);
        var people = await call.AskAsync(caller => users.ListAsync(caller, query, call.Aborted));
        var machines = await call.AskAsync(caller => identities.ListAsync(caller, query, call.Aborted));
        var teams = await call.AskAsync(caller => groups.ListAsync(caller, query, call.Aborted));
        return
        [
            .. people.Items.OrderBy(one => one.Name, StringComparer.OrdinalIgnoreCase).Select(one => ($"user:{one.Id}", $"{one.Name} (person)")),
            .. machines.Items.OrderBy(one => one.Name, StringComparer.OrdinalIgnoreCase).Select(one => ($"identity:{one.Id}", $"{one.Name} (machine identity)")),
            .. teams.Items.OrderBy(one => one.Name, StringComparer.OrdinalIgnoreCase).Select(one => ($"group:{one.Id}", $"{one.Name} (group)")),
        ];
    }

    /// <summary>The principal of such a value.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static PrincipalRef Parse(string? value, string field) => value?.Split(':') is [var kind, var id]
        ? new PrincipalRef(PostedMember.KindOf(kind, field), id)
        : throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is missing: choose somebody.");
}
