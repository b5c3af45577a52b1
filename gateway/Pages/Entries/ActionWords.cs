using System.Collections.Frozen;

namespace CodeSigning.Gateway.Pages.Entries;

/// <summary>The words for the actions of administrative entries.</summary>
internal static class ActionWords
{
    private static readonly FrozenDictionary<string, string> Verbs = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["add-member"] = "Added a member to",
        ["addMember"] = "Added a member to",
        ["addPasskey"] = "Added a passkey of",
        ["approve"] = "Approved",
        ["approveDevice"] = "Let a program sign in as",
        ["archive"] = "Archived",
        ["ask-addMember"] = "Requested to add a member to",
        ["ask-change"] = "Requested a change of",
        ["beginSecondFactor"] = "Began to set up the second factor of",
        ["bindOidc"] = "Bound the CI system of",
        ["breakGlass"] = "Opened the emergency access of",
        ["attest"] = "Attached an attestation to",
        ["cancel"] = "Cancelled",
        ["cancel-requests"] = "Cancelled the requests of",
        ["chain"] = "Replaced the chain of",
        ["change-member"] = "Changed a member of",
        ["change-policy"] = "Changed the policy of",
        ["changePassword"] = "Changed the password of",
        ["completeStep"] = "Completed a step of",
        ["create"] = "Created",
        ["createClientSecret"] = "Created a client secret of",
        ["delete"] = "Deleted",
        ["denyDevice"] = "Kept out a program that asked to sign in as",
        ["disable"] = "Disabled",
        ["enable"] = "Enabled",
        ["endSessions"] = "Ended the sessions of",
        ["enrolSecondFactor"] = "Set up the second factor of",
        ["erase"] = "Erased",
        ["exhausted"] = "Used up",
        ["expire"] = "Ended at its time:",
        ["export"] = "Exported",
        ["import"] = "Imported",
        ["install"] = "Installed",
        ["issue"] = "Issued",
        ["key-destroy"] = "Destroyed the key of",
        ["key-destruction-request"] = "Requested the destruction of the key of",
        ["key-destruction-withdraw"] = "Took back the destruction of the key of",
        ["key-state"] = "Changed the key's state of",
        ["pre-approve"] = "Granted ahead",
        ["prune"] = "Pruned",
        ["reachable"] = "Told that approvers suffice again for",
        ["reject"] = "Rejected",
        ["remove-member"] = "Removed a member from",
        ["removeMember"] = "Removed a member from",
        ["removePasskey"] = "Removed a passkey of",
        ["removeSecondFactor"] = "Removed the second factor of",
        ["renew"] = "Renewed",
        ["renew-certificate"] = "Renewed the certificate of",
        ["renewRecoveryCodes"] = "Renewed the recovery codes of",
        ["renewal"] = "Changed the renewal of",
        ["replace"] = "Replaced",
        ["request"] = "Requested",
        ["reset"] = "Reset",
        ["resetPassword"] = "Set the password of",
        ["resetSecondFactor"] = "Removed the second factor of",
        ["retire"] = "Retired",
        ["revoke"] = "Revoked",
        ["revoke-grants"] = "Revoked the grants of",
        ["revokeClientSecret"] = "Deleted a client secret of",
        ["sendPasswordReset"] = "Sent a password link to",
        ["stop"] = "Stopped",
        ["suspectPasskey"] = "Suspects a passkey of",
        ["test"] = "Sent a test to",
        ["unbindOidc"] = "Removed the CI binding of",
        ["unreachable"] = "Told that nobody can approve",
        ["update"] = "Changed",
        ["upgrade"] = "Upgraded",
        ["useRecoveryCode"] = "Used a recovery code of",
        ["verify"] = "Verified",
        ["vote"] = "Voted on",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, (string Noun, string? Page)> Nouns = new Dictionary<string, (string, string?)>(StringComparer.Ordinal)
    {
        ["user"] = ("a person", "/people/"),
        ["identity"] = ("a machine identity", "/machines/"),
        ["group"] = ("a group", "/groups/"),
        ["policy"] = ("a policy", "/policies/"),
        ["signer"] = ("a signer", "/signers/"),
        ["certificate"] = ("a certificate", "/certificates/"),
        ["ca"] = ("a CA", "/cas/"),
        ["request"] = ("a request", "/requests/"),
        ["grant"] = ("a grant", null),
        ["webhook"] = ("a webhook", "/settings/webhooks/"),
        ["ledger"] = ("the ledger", null),
        ["key"] = ("a key", null),
        ["mail"] = ("the mail server", null),
        ["store"] = ("the store", null),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What an action does, such as <c>Created</c>; the action itself where there is no word for it.</summary>
    /// <param name="verb">The part after the dot.</param>
    public static string VerbOf(string verb) => Verbs.GetValueOrDefault(verb, verb);

    /// <summary>What it does that to, and where pages of such things are; null for none.</summary>
    /// <param name="noun">The part before the dot.</param>
    public static (string Noun, string? Page) NounOf(string noun) => Nouns.TryGetValue(noun, out var known) ? known : (noun, null);
}
