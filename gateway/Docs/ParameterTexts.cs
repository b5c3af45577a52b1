namespace CodeSigning.Gateway.Docs;

/// <summary>Describes the parameters of paths and queries.</summary>
internal static class ParameterTexts
{
    /// <summary>What a parameter means; null for one that has no description yet, which a test finds.</summary>
    /// <param name="operation">The operation's id.</param>
    /// <param name="parameter">The parameter's name.</param>
    public static string? Find(string? operation, string? parameter) => (operation, parameter) switch
    {
        ("BeginSingleSignOn", "next") => "The path of this server to go on to, in printable ASCII; `/` if not given.",
        ("BeginSingleSignOn", "fresh") => "Whether the identity provider is to ask the person again.",
        (_, "limit") => "The most items of a page, 1 to 100.",
        (_, "cursor") => "The `next` of the page before; not given for the first page.",
        ("ListUsers", "email") => "Only the person with this email address. Product administrators only.",
        (_, "name") => "Only the one of this name.",
        (_, "signerId") => "The signer's id or name.",
        (_, "groupId") => "The group's id or name.",
        (_, "identityId") => "The machine identity's id or name.",
        (_, "userId") => "The person's id, or for product administrators the email address.",
        (_, "policyId") => "The signing policy's id or name.",
        ("ListCertificates", "caId") => "Only certificates that this CA issued: its id or common name.",
        (_, "caId") => "The CA's id or common name.",
        (_, "parentId") => "Only CAs directly under this one: its id or common name.",
        (_, "certificateId") => "The certificate's id.",
        ("RemoveGroupMember", "memberId") => "The member's id or name, or a person's email address.",
        (_, "memberId") => "The membership's id, or the member's id or name, or a person's email address.",
        (_, "secretId") => "The client secret's id.",
        (_, "userCode") => "The code that the client shows, with or without its hyphen.",
        (_, "passkeyId") => "The passkey's id.",
        (_, "sessionId") => "The session's id.",
        (_, "attestationId") => "The attestation's id.",
        (_, "operationId") => "The operation's id.",
        (_, "requestId") => "The request's id.",
        ("ListOperations" or "ExportOperations", "grantId") => "Only entries about this grant.",
        (_, "grantId") => "The grant's id.",
        (_, "webhookId") => "The webhook's id.",
        ("ExportEntries" or "ExportOperations", "format") =>
            "The file's format: `jsonl` (the default), each entry as the exact text of its hash, or `csv`.",
        (_, "format") => "The file's format: `pem` (the default), `der`, `p7b` (with the chain) or `chain` (PEM, leaf first).",
        (_, "ecdsaFormat") => "The format of ECDSA signatures: `der` (the default), or `raw` for r‖s.",
        (_, "include") => "`chain` adds the certificate chain to the answer.",
        ("Sign", "wait") => "How long to wait for a pending request to be approved, such as `60s`; at most 60 seconds.",
        (_, "wait") => "How long to wait for a pending request to change, such as `60s`; at most 60 seconds.",
        (_, "assignedToMe") => "Only the requests that wait for the caller's vote now.",
        ("ListOperations" or "ExportOperations", "status") => "Only entries with this outcome.",
        (_, "status") => "Only requests with this status.",
        (_, "actor") => "Only acts of this principal: its id, a machine identity's name, or for product administrators an email address.",
        ("GetDailyCounts", "signer") => "Only attempts with this signer: its id or name.",
        (_, "days") => "How many days, today included: 1 to 92; 14 if not given.",
        (_, "signer") => "Only entries about this signer: its id or name.",
        (_, "kind") => "Only entries of this kind.",
        (_, "outcome") => "Only entries with this outcome.",
        (_, "from") => "Only entries at this time or later.",
        (_, "to") => "Only entries before this time.",
        (_, "full") => "Whether to verify from the beginning rather than from the last verified checkpoint.",
        _ => null,
    };
}
