namespace CodeSigning.Approvals;

/// <summary>What a request asks for. Written in camelCase.</summary>
public enum RequestKind
{
    /// <summary>A grant to sign.</summary>
    Signing = 1,

    /// <summary>To detach a signer's policy or to put another in its place.</summary>
    SignerPolicy = 2,

    /// <summary>To change a policy into one that allows more.</summary>
    PolicyEdit = 3,

    /// <summary>To add a person to a group that approves.</summary>
    GroupMember = 4,
}
