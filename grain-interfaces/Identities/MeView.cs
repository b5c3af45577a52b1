namespace CodeSigning.Identities;

/// <summary>Who the caller is.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="ProductRole">Its role in the product.</param>
/// <param name="Groups">The groups that it is in.</param>
/// <param name="Session">The session of this request.</param>
public sealed record MeView(
    PrincipalKind Kind,
    string Id,
    string Name,
    ProductRole ProductRole,
    IReadOnlyList<GroupView> Groups,
    SessionView Session);
