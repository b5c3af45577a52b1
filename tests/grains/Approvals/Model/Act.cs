namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>
/// What somebody does. People, requests and grants are named by their number; a number beyond what there is wraps round.
/// </summary>
internal abstract record Act
{
    /// <summary>Asks for so many signatures within so many hours, or as the policy has it.</summary>
    public sealed record Ask(int Who, int? Signings, int? Hours) : Act;

    public sealed record Approve(int Who, int Request) : Act;

    public sealed record Reject(int Who, int Request) : Act;

    public sealed record Cancel(int Who, int Request) : Act;

    public sealed record Revoke(int Grant) : Act;

    public sealed record Sign(int Who) : Act;

    /// <summary>The clock goes on.</summary>
    public sealed record Wait(int Minutes) : Act;

    /// <summary>The administrator gives the policy other words.</summary>
    public sealed record Edit(int Variant) : Act;

    /// <summary>Somebody joins the team or leaves it.</summary>
    public sealed record Move(int Who, bool Into) : Act;

    /// <summary>Somebody is enabled or disabled.</summary>
    public sealed record Enable(int Who, bool Active) : Act;

    /// <summary>The silo stops and starts.</summary>
    public sealed record Restart : Act;
}
