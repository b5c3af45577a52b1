using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>The people, the policy and the signer of one sequence, made anew for each in a house that many share.</summary>
internal sealed class ModelStage
{
    private readonly ImmutableArray<PolicyDefinition> _definitions;

    private ModelStage(SigningHouse house, ImmutableArray<PrincipalRef> people, PrincipalRef team)
    {
        House = house;
        People = people;
        Team = team;
        _definitions = [.. Enumerable.Range(0, Variants.Count).Select(variant => Define(Variants.Get(variant)))];
    }

    public SigningHouse House { get; }

    public ImmutableArray<PrincipalRef> People { get; }

    public PrincipalRef Team { get; }

    public string PolicyId { get; private set; } = "";

    public string SignerId { get; private set; } = "";

    /// <summary>The requests that were made, as those of the model, in their order.</summary>
    public List<string> RequestIds { get; } = [];

    public static async Task<ModelStage> SetAsync(SigningHouse house)
    {
        PrincipalRef[] people =
        [
            await house.AddPersonAsync("ann", ProductRole.Admin),
            await house.AddPersonAsync("bob"),
            await house.AddPersonAsync("cyd"),
            await house.AddPersonAsync("rae"),
            await house.AddMachineAsync("machine"),
            await house.AddPersonAsync("administrator", ProductRole.Admin),
        ];
        await house.DoAsync(people[Cast.Ann], caller => house.Machines.CreateClientSecretAsync(
            caller, people[Cast.Machine].Id, new CreateClientSecret(), CancellationToken.None));
        var team = await house.AddGroupAsync("team", people[Cast.Ann], people[Cast.Bob]);
        var stage = new ModelStage(house, [.. people], team);
        stage.PolicyId = await house.AddPolicyAsync(stage._definitions[0]);
        stage.SignerId = await house.AddSignerAsync(
            stage.PolicyId, people[Cast.Administrator], people.Where((_, who) => who != Cast.Administrator && Cast.IsMember(who)));
        return stage;
    }

    /// <summary>A variant as the policy of this stage would have it.</summary>
    public PolicyDefinition Definition(int variant) => _definitions[variant] with { Name = PolicyId };

    public bool AllowsMore(Variant current, Variant next) => PolicyComparison.AllowsMore(Define(current), Define(next));

    public static CreateRequest Question(int? signings, int? hours) =>
        new("release", signings, RequestedWindowDuration: hours is null ? null : $"{hours}h");

    private PolicyDefinition Define(Variant variant) => PolicyRules.Normalise(new PolicyDefinition(
        "model",
        new PolicyConstraints(variant.Hours is null ? null : $"{variant.Hours}h", variant.Signings),
        [.. variant.Steps.Select(step => new ApprovalStep(Approvers(step), step.Required))],
        "1h",
        DistinctApproversAcrossSteps: variant.Distinct));

    private ImmutableArray<PrincipalRef> Approvers(VariantStep step) => (step.Team, step.Cyd) switch
    {
        (true, true) => [Team, People[Cast.Cyd]],
        (true, false) => [Team],
        _ => [People[Cast.Cyd]],
    };
}
