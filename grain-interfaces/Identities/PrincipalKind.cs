namespace CodeSigning.Identities;

/// <summary>Kinds of principal. Written as <c>user</c>, <c>identity</c>, <c>group</c> and <c>system</c>.</summary>
public enum PrincipalKind
{
    /// <summary>A person.</summary>
    User = 1,

    /// <summary>A machine identity.</summary>
    Identity = 2,

    /// <summary>A group of people and machine identities; it never acts itself.</summary>
    Group = 3,

    /// <summary>The service itself: an expiry, a recovery at start.</summary>
    System = 4,
}
