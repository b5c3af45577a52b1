using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// What an emergency stop leaves in the signer's row: it ends every grant and every request of a generation in one commit,
/// however many there are.
/// </summary>
/// <param name="Generation">The generation that it ended, and with it all before.</param>
/// <param name="At">When (UTC).</param>
/// <param name="By">Who stopped it.</param>
/// <param name="Reason">Why.</param>
public sealed record SignerStop(long Generation, DateTimeOffset At, PrincipalRef By, string Reason);

/// <summary>A signer as it is stored. A deleted one stays, so that its name is not used again.</summary>
public sealed record SignerState : IIndexedState
{
    private const int MostStops = 20;

    /// <summary>The signer's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it was switched off.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Whether it was deleted.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The certificate that it signs with.</summary>
    public string CertificateId { get; init; } = "";

    /// <summary>Its signing policy.</summary>
    public string? PolicyId { get; init; }

    /// <summary>Its members, in the order in which they came.</summary>
    public IReadOnlyList<SignerMember> Members { get; init; } = [];

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The request for another policy that waits for approval.</summary>
    public string? PendingPolicyRequestId { get; init; }

    /// <summary>Its emergency stops, the last twenty.</summary>
    public ImmutableArray<SignerStop> Stops { get; init; } = [];

    /// <summary>Grants and requests of an earlier generation were ended by a stop, whatever their own rows say.</summary>
    [JsonIgnore]
    public long Generation => Stops.IsEmpty ? 0 : Stops[^1].Generation + 1;

    /// <summary>Stopped: switched off, with every grant and request of today ended.</summary>
    public SignerState Stop(PrincipalRef by, string reason, DateTimeOffset at) => this with
    {
        IsDisabled = true,
        PendingPolicyRequestId = null,
        Stops = [.. Stops.TakeLast(MostStops - 1), new SignerStop(Generation, at, by, reason)],
    };

    /// <summary>The stop that ended what is of a generation; null where none did.</summary>
    public SignerStop? FindStop(long generation) => Stops.FirstOrDefault(stop => stop.Generation >= generation);

    /// <summary>What entries record of the signer; its members by their ids.</summary>
    public object ToRecord() => new
    {
        Name,
        Description,
        Status = ToIndex().Status,
        CertificateId,
        ApprovalPolicyId = PolicyId,
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

/// <summary>A membership as it is stored with its signer.</summary>
/// <param name="MemberId">The membership's id.</param>
/// <param name="Principal">Who.</param>
/// <param name="Role">What they may do.</param>
public sealed record SignerMember(
    string MemberId, PrincipalRef Principal, SignerRole Role)
{
    /// <summary>The membership as its readers see it.</summary>
    public MemberView ToView() => new(MemberId, Principal.Kind, Principal.Id, Role);
}

/// <summary>The rule for a signer's name: a PKCS#11 label holds 32 bytes, and an id holds an underscore.</summary>
public static partial class SignerName
{
    /// <summary>Whether a text has the form of a name.</summary>
    public static bool IsName([NotNullWhen(true)] string? text) => text is not null && Form().IsMatch(text);

    /// <summary>Refuses what is not a name.</summary>
    public static string Validate(string? name) => IsName(name)
        ? name
        : throw new RefusedException(
            ErrorCode.InvalidRequest,
            "A signer's name is 1 to 32 characters of a-z, 0-9 and '-', and begins with a letter or a digit.");

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
