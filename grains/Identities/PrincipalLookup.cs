using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Finds people, machine identities and groups by their id, or by the unique name that people know: the name of a group
/// or a machine identity, the email address of a person. An id is never taken for a name. Only people may look up names,
/// and only product administrators email addresses.
/// </summary>
public static class PrincipalLookup
{
    private const int MostShown = 64;

    /// <summary>The id of a principal in a request's path; a well-formed id is not checked for existence.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>; <c>Forbidden</c> if the caller may not look up names.</exception>
    public static async Task<string> FindIdAsync(
        IStateStore store, Caller caller, PrincipalKind kind, string idOrName, CancellationToken cancellationToken) =>
        await TryFindIdAsync(store, caller, kind, idOrName, cancellationToken)
        ?? throw new RefusedException(
            ErrorCode.NotFound, $"The {NounOf(kind)} '{Shorten(idOrName)}' does not exist: expected an id or {NameOf(kind)}.");

    /// <summary>The existing principal that a field of a body refers to by id or name.</summary>
    /// <param name="store">The store.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="given">The reference as given.</param>
    /// <param name="field">The path of the field that holds the id or name, such as <c>members[0].id</c>.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="RefusedException">
    /// <c>InvalidRequest</c>: there is none; <c>Forbidden</c>: the caller may not look up names.
    /// </exception>
    public static async Task<PrincipalRef> ResolveAsync(
        IStateStore store, Caller caller, PrincipalRef given, string field, CancellationToken cancellationToken) =>
        (await ResolveAsync(store, caller, [(given, field)], cancellationToken))[0];

    /// <summary>The existing principals that fields of a body refer to, in order.</summary>
    /// <inheritdoc cref="ResolveAsync(IStateStore, Caller, PrincipalRef, string, CancellationToken)"/>
    public static async Task<IReadOnlyList<PrincipalRef>> ResolveAsync(
        IStateStore store,
        Caller caller,
        IReadOnlyList<(PrincipalRef Given, string Field)> references,
        CancellationToken cancellationToken)
    {
        List<PrincipalRef> found = [];
        foreach (var (given, field) in references)
        {
            found.Add(await TryFindIdAsync(store, caller, given.Kind, given.Id, cancellationToken) is { } id
                ? new PrincipalRef(given.Kind, id)
                : throw Unknown(given, field));
        }

        var rows = await StateRows.ReadAsync(store, found.Select(PrincipalFactsReader.KeyOf), cancellationToken);
        for (var i = 0; i < found.Count; i++)
        {
            var (type, id) = PrincipalFactsReader.KeyOf(found[i]);
            if (rows.VersionOf(type, id).Version == 0)
            {
                throw Unknown(references[i].Given, references[i].Field);
            }
        }

        return found;
    }

    /// <summary>
    /// The one among some principals that a text names: by its id, by the name that lists show, or by a person's email
    /// address; null if there is none.
    /// </summary>
    /// <exception cref="RefusedException">
    /// <c>InvalidRequest</c>: several have the name; <c>Forbidden</c>: the caller may not look up names.
    /// </exception>
    public static async Task<PrincipalRef?> FindAmongAsync(
        IStateStore store,
        Caller caller,
        IReadOnlyCollection<PrincipalRef> principals,
        string idOrName,
        CancellationToken cancellationToken)
    {
        if (principals.FirstOrDefault(principal => principal.Id == idOrName) is { } byId)
        {
            return byId;
        }

        if (IsId(idOrName))
        {
            return null;
        }

        ProductAuthority.RequireReader(caller);
        var names = await PrincipalNames.ReadAsync(store, caller, principals, cancellationToken);
        var named = principals.Where(principal => names.Find(principal) == idOrName).ToArray();
        if (named.Length > 1)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest,
                $"Several members are named '{Shorten(idOrName)}' ({string.Join(", ", named.Select(principal => principal.Id))}): give the id.");
        }

        if (named.Length == 1 || EmailAddress.Normalize(idOrName) is null)
        {
            return named.FirstOrDefault();
        }

        var userId = await TryFindIdAsync(store, caller, PrincipalKind.User, idOrName, cancellationToken);
        return principals.FirstOrDefault(principal => principal.Kind == PrincipalKind.User && principal.Id == userId);
    }

    private static async Task<string?> TryFindIdAsync(
        IStateStore store, Caller caller, PrincipalKind kind, string given, CancellationToken cancellationToken)
    {
        var idOrName = PastedText.Trim(given);
        if (EntityId.Is(PrefixOf(kind), idOrName))
        {
            return idOrName;
        }

        if (kind == PrincipalKind.Identity && caller.Kind == kind && caller.Name == idOrName)
        {
            return caller.Id;
        }

        ProductAuthority.RequireReader(caller);
        var name = idOrName;
        if (kind == PrincipalKind.User)
        {
            if (EmailAddress.Normalize(idOrName) is not { } email)
            {
                return null;
            }

            ProductAuthority.RequireAdministrator(caller);
            name = email;
        }
        else if (!DisplayText.IsName(name))
        {
            return null;
        }

        return kind switch
        {
            PrincipalKind.User => (await store.FindByNameAsync<UserState>(StateTypes.User, name, cancellationToken))?.Id,
            PrincipalKind.Identity => (await store.FindByNameAsync<IdentityState>(StateTypes.Identity, name, cancellationToken))?.Id,
            _ => (await store.FindByNameAsync<GroupState>(StateTypes.Group, name, cancellationToken))?.Id,
        };
    }

    private static bool IsId(string text) =>
        EntityId.Is(IdPrefixes.User, text) || EntityId.Is(IdPrefixes.Identity, text) || EntityId.Is(IdPrefixes.Group, text);

    private static string PrefixOf(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => IdPrefixes.User,
        PrincipalKind.Identity => IdPrefixes.Identity,
        _ => IdPrefixes.Group,
    };

    private static RefusedException Unknown(PrincipalRef given, string field) => new(
        ErrorCode.InvalidRequest,
        $"The field '{field}' is invalid: expected the id or {NameOf(given.Kind)} of an existing {NounOf(given.Kind)}, and '{Shorten(given.Id)}' is none.");

    private static string NounOf(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => "user",
        PrincipalKind.Identity => "machine identity",
        _ => "group",
    };

    private static string NameOf(PrincipalKind kind) => kind == PrincipalKind.User ? "email address" : "name";

    private static string Shorten(string text) => text.Length <= MostShown ? text : text[..MostShown] + "…";
}
