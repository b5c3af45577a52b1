using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// An emergency stop as recorded in the signer's row. It ends every grant and request of a generation in one commit,
/// whatever their number.
/// </summary>
/// <param name="Generation">The generation that it ended, with all earlier ones.</param>
/// <param name="At">When (UTC).</param>
/// <param name="By">Who stopped it.</param>
/// <param name="Reason">The reason.</param>
public sealed record SignerStop(long Generation, DateTimeOffset At, PrincipalRef By, string Reason);

/// <summary>A stored signer. The row of a deleted signer remains.</summary>
public sealed record SignerState : IIndexedState
{
    private const int MostStops = 20;

    /// <summary>The signer's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it is disabled.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Whether it is deleted.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The certificate that it signs with.</summary>
    public string CertificateId { get; init; } = "";

    /// <summary>Its signing policy.</summary>
    public string? PolicyId { get; init; }

    /// <summary>Whether it is for publicly trusted code signing.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Its members, in the order of their addition.</summary>
    public IReadOnlyList<SignerMember> Members { get; init; } = [];

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who created it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The pending request for another policy.</summary>
    public string? PendingPolicyRequestId { get; init; }

    /// <summary>Its emergency stops, the last twenty.</summary>
    public ImmutableArray<SignerStop> Stops { get; init; } = [];

    /// <summary>
    /// The current generation. Grants and requests of earlier generations were ended by an emergency stop, whatever
    /// their rows say.
    /// </summary>
    [JsonIgnore]
    public long Generation => Stops.IsEmpty ? 0 : Stops[^1].Generation + 1;

    /// <summary>The state after an emergency stop: disabled, with every current grant and request ended.</summary>
    public SignerState Stop(PrincipalRef by, string reason, DateTimeOffset at) => this with
    {
        IsDisabled = true,
        PendingPolicyRequestId = null,
        Stops = [.. Stops.TakeLast(MostStops - 1), new SignerStop(Generation, at, by, reason)],
    };

    /// <summary>The emergency stop that ended a generation; null if none did.</summary>
    public SignerStop? FindStop(long generation) => Stops.FirstOrDefault(stop => stop.Generation >= generation);

    /// <summary>The part of the signer that ledger entries record; members are keyed by id.</summary>
    public object ToRecord() => new
    {
        Name,
        Description,
        Status = ToIndex().Status,
        CertificateId,
        ApprovalPolicyId = PolicyId,
        Public = IsPublic ? true : (bool?)null,
        Members = Members.ToDictionary(
            member => member.MemberId, member => new { member.Principal.Kind, member.Principal.Id, member.Role }),
    };

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Name,
        Parent: CertificateId,
        Status: IsDeleted ? "deleted" : IsDisabled ? "disabled" : "active",
        Links: IsDeleted ? [] : [.. Members.Select(member => member.Principal.ToLink()).Concat(PolicyLinks()).Distinct()]);

    private IEnumerable<string> PolicyLinks() => PolicyId is null ? [] : ["policy:" + PolicyId];
}

/// <summary>A stored membership.</summary>
/// <param name="MemberId">The membership's id.</param>
/// <param name="Principal">Who.</param>
/// <param name="Role">The member's role.</param>
public sealed record SignerMember(
    string MemberId, PrincipalRef Principal, SignerRole Role)
{
    /// <summary>The membership's view.</summary>
    public MemberView ToView(PrincipalNames names) => new(MemberId, Principal.Kind, Principal.Id, Role, names.Find(Principal));
}

/// <summary>Validates signer names. They fit a PKCS#11 label of 32 bytes, and contain no underscore, unlike ids.</summary>
public static partial class SignerName
{
    /// <summary>Whether a text is a valid name.</summary>
    public static bool IsName([NotNullWhen(true)] string? text) => text is not null && Form().IsMatch(text);

    /// <summary>Refuses an invalid name.</summary>
    public static string Validate(string? name) => IsName(name)
        ? name
        : throw new RefusedException(
            ErrorCode.InvalidRequest,
            "The field 'name' is invalid: expected 1 to 32 characters of a-z, 0-9 and '-', beginning with a letter or a digit.");

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
