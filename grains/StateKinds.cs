using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains;

/// <summary>The state types that decisions read.</summary>
public static class StateKinds
{
    /// <summary>Registers the state types for verification.</summary>
    public static IServiceCollection AddStateKinds(this IServiceCollection services) => services
        .AddSingleton(StateKind.Of<SignerState>(StateTypes.Signer))
        .AddSingleton(StateKind.Of<CertificateState>(StateTypes.Certificate))
        .AddSingleton(StateKind.Of<AttestationState>(StateTypes.Attestation))
        .AddSingleton(StateKind.Of<CertificateAuthorityState>(StateTypes.CertificateAuthority))
        .AddSingleton(StateKind.Of<RevocationCountState>(StateTypes.RevocationCount))
        .AddSingleton(StateKind.Of<ImportedKeyState>(StateTypes.ImportedKey))
        .AddSingleton(StateKind.Of<UserState>(StateTypes.User))
        .AddSingleton(StateKind.Of<IdentityState>(StateTypes.Identity))
        .AddSingleton(StateKind.Of<ClientSecretState>(StateTypes.ClientSecret))
        .AddSingleton(StateKind.Of<GroupState>(StateTypes.Group))
        .AddSingleton(StateKind.Of<SessionState>(StateTypes.Session))
        .AddSingleton(StateKind.Of<SecondFactorState>(StateTypes.SecondFactor))
        .AddSingleton(StateKind.Of<TotpEnrolmentState>(StateTypes.TotpEnrolment))
        .AddSingleton(StateKind.Of<SeenTokenState>(StateTypes.SeenToken))
        .AddSingleton(StateKind.Of<ExternalIdentityState>(StateTypes.ExternalIdentity))
        .AddSingleton(StateKind.Of<PasskeyState>(StateTypes.Passkey))
        .AddSingleton(StateKind.Of<DeviceLoginState>(StateTypes.DeviceLogin))
        .AddSingleton(StateKind.Of<UsedValueState>(StateTypes.UsedValue))
        .AddSingleton(StateKind.Of<PolicyState>(StateTypes.Policy))
        .AddSingleton(StateKind.Of<ApprovalRequestState>(StateTypes.ApprovalRequest))
        .AddSingleton(StateKind.Of<GrantState>(StateTypes.Grant))
        .AddSingleton(StateKind.Of<UseCountState>(StateTypes.UseCount))
        .AddSingleton(StateKind.WithoutIndex(StateTypes.Administrators))
        .AddSingleton(StateKind.WithoutIndex(StateTypes.ReservedName))
        .AddSingleton(StateKind.WithoutIndex(StateTypes.Upgrade));
}
