namespace CodeSigning.Identities;

/// <summary>Whether a principal may act. Written as <c>active</c> and <c>disabled</c>.</summary>
public enum PrincipalStatus
{
    /// <summary>It may.</summary>
    Active = 1,

    /// <summary>It may not; its tokens have ended.</summary>
    Disabled = 2,
}
