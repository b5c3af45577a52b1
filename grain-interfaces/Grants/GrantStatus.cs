namespace CodeSigning.Grants;

/// <summary>Where a grant stands. Written in camelCase.</summary>
public enum GrantStatus
{
    /// <summary>It serves, or will once its window begins.</summary>
    Active = 1,

    /// <summary>All its uses are in the ledger.</summary>
    Exhausted = 2,

    /// <summary>Its window is over.</summary>
    Expired = 3,

    /// <summary>It was revoked.</summary>
    Revoked = 4,
}
