using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Signing;
using CodeSigning.Grants;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>Does each act in the model and in the silo, and compares what came of it.</summary>
internal sealed class ModelRun(ModelStage stage)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly ReferenceModel _model = new(stage.AllowsMore);

    private DateTimeOffset Now => stage.House.Now;

    public async Task PlayAsync(IEnumerable<Act> acts)
    {
        foreach (var act in acts)
        {
            // The signer remembers for a second which grants its callers have.
            stage.House.Time.Advance(Pause);
            await PlayAsync(act);
        }

        await CompareAsync();
    }

    private Task PlayAsync(Act act) => act switch
    {
        Act.Ask ask => AskAsync(ask),
        Act.Approve vote => VoteAsync(vote.Who, vote.Request, approves: true),
        Act.Reject vote => VoteAsync(vote.Who, vote.Request, approves: false),
        Act.Cancel cancel => CancelAsync(cancel),
        Act.Revoke revoke => RevokeAsync(revoke),
        Act.Sign sign => SignAsync(sign),
        Act.Edit edit => EditAsync(edit),
        Act.Move move => MoveAsync(move),
        Act.Enable enable => EnableAsync(enable),
        Act.Wait wait => WaitAsync(wait),
        Act.Restart => stage.House.RestartAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(act)),
    };

    private async Task AskAsync(Act.Ask ask)
    {
        var expected = _model.Ask(ask.Who, ask.Signings, ask.Hours, Now);
        await CheckAsync(expected, async () =>
        {
            var view = await stage.House.AskAsync(
                stage.People[ask.Who], stage.SignerId, ModelStage.Question(ask.Signings, ask.Hours));
            stage.RequestIds.Add(view.Id);
        });
    }

    private async Task VoteAsync(int who, int number, bool approves)
    {
        if (Find(_model.Requests, number) is not { } request)
        {
            return;
        }

        var id = stage.RequestIds[number % stage.RequestIds.Count];
        var expected = _model.Vote(who, request, approves, "gnt_" + id[4..], Now);
        await CheckAsync(expected, () => approves
            ? stage.House.ApproveAsync(stage.People[who], id)
            : stage.House.RejectAsync(stage.People[who], id));
    }

    private async Task CancelAsync(Act.Cancel cancel)
    {
        if (Find(_model.Requests, cancel.Request) is { } request)
        {
            var id = stage.RequestIds[cancel.Request % stage.RequestIds.Count];
            await CheckAsync(
                _model.Cancel(cancel.Who, request, Now), () => stage.House.CancelAsync(stage.People[cancel.Who], id));
        }
    }

    private async Task RevokeAsync(Act.Revoke revoke)
    {
        if (Find(_model.Grants, revoke.Grant) is { } grant)
        {
            await CheckAsync(
                _model.Revoke(grant, Now), () => stage.House.RevokeAsync(stage.People[Cast.Administrator], grant.Id));
        }
    }

    private async Task SignAsync(Act.Sign sign)
    {
        var (grant, reasons) = _model.Sign(sign.Who, Now);
        if (reasons.Contains(ErrorCode.Unauthenticated))
        {
            await CheckAsync(ErrorCode.Unauthenticated, () => stage.House.SignAsync(stage.People[sign.Who], stage.SignerId));
            return;
        }

        switch (await stage.House.SignAsync(stage.People[sign.Who], stage.SignerId))
        {
            case SignReply.SignatureMade made:
                Assert.Equal(grant?.Id, made.Result.GrantId);
                break;
            case SignReply.NotSigned not:
                Assert.Null(grant);
                Assert.Contains(not.Code, reasons);
                break;
            case var other:
                Assert.Fail($"{other}");
                break;
        }
    }

    private async Task EditAsync(Act.Edit edit)
    {
        var known = _model.Requests.Count;
        var expected = _model.Edit(edit.Variant, Now);
        await CheckAsync(expected, async () =>
        {
            var view = await stage.House.ReplacePolicyAsync(
                stage.People[Cast.Administrator], stage.PolicyId, stage.Definition(edit.Variant));
            Assert.Equal(_model.AwaitsEdit, view.PendingChangeRequestId is not null);
            if (_model.Requests.Count > known)
            {
                stage.RequestIds.Add(view.PendingChangeRequestId!);
            }
            else if (view.PendingChangeRequestId is { } knownId)
            {
                Assert.Contains(knownId, stage.RequestIds);
            }
        });
    }

    private async Task MoveAsync(Act.Move move)
    {
        if (_model.IsInTeam(move.Who) == move.Into)
        {
            return;
        }

        _model.Move(move.Who, move.Into);
        await (move.Into
            ? stage.House.JoinAsync(stage.Team, stage.People[move.Who])
            : stage.House.LeaveAsync(stage.Team, stage.People[move.Who]));
    }

    private async Task EnableAsync(Act.Enable enable)
    {
        if (_model.IsActive(enable.Who) != enable.Active)
        {
            _model.Enable(enable.Who, enable.Active);
            await stage.House.SetActiveAsync(stage.People[enable.Who], enable.Active);
        }
    }

    private Task WaitAsync(Act.Wait wait)
    {
        stage.House.Time.Advance(TimeSpan.FromMinutes(wait.Minutes));
        return Task.CompletedTask;
    }

    /// <summary>Where everything stands in the end, as the house's owner sees it.</summary>
    private async Task CompareAsync()
    {
        var house = stage.House;
        foreach (var (request, id) in _model.Requests.Zip(stage.RequestIds))
        {
            var view = await house.LookAsync(house.Owner, id);
            Assert.Equal(request.At(Now), view.Status);
            if (view.Status == RequestStatus.Pending)
            {
                Assert.Equal(_model.Count(request), (view.CurrentStep, !view.IsUnreachable));
            }
        }

        foreach (var grant in _model.Grants)
        {
            var view = await house.GrantAsync(house.Owner, grant.Id);
            Assert.Equal((grant.Used, grant.IsRevoked), (view.Used, view.Status == GrantStatus.Revoked));
        }
    }

    private static async Task CheckAsync(ErrorCode? expected, Func<Task> act)
    {
        ErrorCode? actual = null;
        try
        {
            await act();
        }
        catch (RefusedException refused)
        {
            actual = refused.Code;
        }

        Assert.Equal(expected, actual);
    }

    private static T? Find<T>(List<T> all, int number)
        where T : class =>
        all.Count == 0 ? null : all[number % all.Count];
}
