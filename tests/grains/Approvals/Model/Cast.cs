namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>Who plays: their numbers.</summary>
internal static class Cast
{
    /// <summary>In the team, and made the machine's secret.</summary>
    public const int Ann = 0;

    /// <summary>In the team, and may sign.</summary>
    public const int Bob = 1;

    /// <summary>An approver by name.</summary>
    public const int Cyd = 2;

    /// <summary>May sign, approves nothing.</summary>
    public const int Rae = 3;

    /// <summary>A machine identity that may sign.</summary>
    public const int Machine = 4;

    /// <summary>Manages the signer and the policy, and may sign.</summary>
    public const int Administrator = 5;

    public const int Size = 6;

    /// <summary>Those who read and manage every signer and policy.</summary>
    public static bool IsProductAdministrator(int who) => who is Ann or Administrator;

    /// <summary>Those who may sign, and read the signer.</summary>
    public static bool IsMember(int who) => who is Bob or Rae or Machine or Administrator;
}
