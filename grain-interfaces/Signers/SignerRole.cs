namespace CodeSigning.Signers;

/// <summary>What a member may do with a signer. Written as <c>administrator</c>, <c>operator</c> and <c>auditor</c>.</summary>
public enum SignerRole
{
    /// <summary>Everything that can be done with the signer.</summary>
    Administrator = 1,

    /// <summary>Sign, request, cancel own requests, read.</summary>
    Operator = 2,

    /// <summary>Read members, activity and ledger; export the certificate.</summary>
    Auditor = 3,
}
