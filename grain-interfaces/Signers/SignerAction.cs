namespace CodeSigning.Signers;

/// <summary>What can be done with a signer; see the contract's table of roles.</summary>
public enum SignerAction
{
    /// <summary>See the signer, its members, certificate, activity, requests and grants.</summary>
    Read = 1,

    /// <summary>Change name and description, or delete it.</summary>
    Edit,

    /// <summary>Add, change and remove members.</summary>
    ManageMembers,

    /// <summary>Attach, change and detach the signing policy.</summary>
    ManagePolicy,

    /// <summary>Enable, disable, stop.</summary>
    ManageStatus,

    /// <summary>Grant ahead of a request.</summary>
    PreApprove,

    /// <summary>Revoke grants.</summary>
    Revoke,

    /// <summary>Make signatures.</summary>
    Sign,

    /// <summary>Ask for a grant.</summary>
    Request,

    /// <summary>Bind it to another certificate, and so to another key. Product administrators alone, whose the keys are.</summary>
    BindCertificate,
}
