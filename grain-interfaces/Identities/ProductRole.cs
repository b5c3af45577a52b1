namespace CodeSigning.Identities;

/// <summary>What a principal may do in the whole product. Written as <c>admin</c> and <c>member</c>.</summary>
public enum ProductRole
{
    /// <summary>Takes part in the signers it is a member of.</summary>
    Member = 1,

    /// <summary>Manages people, identities, certificates, policies and signers; is not by that in anyone's vote.</summary>
    Admin = 2,
}
