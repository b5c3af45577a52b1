namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>Who may ask, in the order of the columns of docs/permissions.md.</summary>
public enum Role
{
    NoToken,
    Stranger,
    StrangerMachine,
    Auditor,
    Operator,
    OperatorMachine,
    Administrator,
    AdministratorMachine,
    Requester,
    Approver,
    ProductAdministrator,
}
