using System.Collections.Immutable;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>Second factors: enrolment, login, step-up, loss.</summary>
public sealed class SecondFactorTests : IdentitySuite
{
    private const string Email = "ann@example.com";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    private OwnFactors Factors => Node.Get<OwnFactors>();

    [Fact]
    public async Task Right_password_without_a_code_names_the_factors()
    {
        var (ann, _, _) = await EnrolAsync();
        var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(Email, Password));
        Assert.Equal(ErrorCode.SecondFactorRequired, refusal.Code);
        Assert.Equal("""["totp","recoveryCode"]""", refusal.Members["factors"]);
        Assert.NotNull(await Node.Get<LiveSessions>().FindAsync(ann.SessionId!, None));
    }

    [Fact]
    public async Task Wrong_password_is_answered_as_without_a_factor()
    {
        var (_, app, _) = await EnrolAsync();
        await Users.CreateAsync(Administrator, new CreateUser("bob@example.com", "Bob", Password), None);
        var answers = new HashSet<string>();
        (string Email, string Password, string? Code)[] wrong =
        [
            (Email, "not her password", null),
            (Email, "not her password", app.CodeAt(Step)),
            (Email, "not her password", app.WrongCode),
            (Email, Password, app.WrongCode),
            ("bob@example.com", "not his password", "123456"),
        ];
        foreach (var (email, password, code) in wrong)
        {
            var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(email, password, code));
            answers.Add($"{refusal.Code} {refusal.Message} {refusal.Members.Count}");
        }

        Assert.StartsWith("Unauthenticated", Assert.Single(answers), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_and_code_begin_a_session_that_tells_of_both()
    {
        var (_, app, _) = await EnrolAsync();
        Node.Time.Advance(Step);
        var caller = await FindCallerAsync(await LogInAsync(Email, Password, app.Code));
        Assert.Equal(Node.Time.GetUtcNow(), caller!.SecondFactorAt);
        var session = (await Sessions.DescribeAsync(caller, None)).Session;
        Assert.Equal("Password, Totp", string.Join(", ", session.Methods));
        Assert.Equal(Node.Time.GetUtcNow(), session.SecondFactorAt);
    }

    [Fact]
    public async Task Code_is_used_up_by_enrolment_login_and_step_up()
    {
        var (ann, app, _) = await EnrolAsync();
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password, app.Code));
        Node.Time.Advance(Step);
        var code = app.Code;
        await LogInAsync(Email, Password, code);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password, code));
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.StepUpAsync(ann, new StepUp(code), false, None));
        Node.Time.Advance(Step);
        await Factors.StepUpAsync(ann, new StepUp(app.Code), false, None);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password, app.Code));
    }

    [Fact]
    public async Task Same_code_at_the_same_time_logs_in_once()
    {
        var (_, app, _) = await EnrolAsync();
        Node.Time.Advance(Step);
        var code = app.Code;
        var logins = await Task.WhenAll(Enumerable.Range(0, 4).Select(number => TryAsync(LogInAsync(Email, Password, code, $"192.0.2.{number}"))));
        Assert.Single(logins, isIn => isIn);
    }

    [Fact]
    public async Task Wrong_codes_are_counted_for_the_account_whatever_the_address()
    {
        var (_, app, codes) = await EnrolAsync();
        for (var i = 0; i < 6; i++)
        {
            await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password, app.WrongCode, $"198.51.100.{i}"));
        }

        Node.Time.Advance(TimeSpan.FromSeconds(29));
        var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(Email, Password, app.Code, "198.51.100.77"));
        Assert.Equal((ErrorCode.RateLimited, TimeSpan.FromSeconds(1)), (refusal.Code, refusal.RetryAfter));
        await LogInAsync(Email, Password, codes[0], "198.51.100.78");
    }

    [Fact]
    public async Task Concurrent_wrong_codes_are_tried_one_after_the_other()
    {
        var (_, app, _) = await EnrolAsync();
        var wrong = app.WrongCode;
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => TryAsync(LogInAsync(Email, Password, wrong, $"198.51.100.{number}"))));
        var used = await Node.Get<SecondFactors>().FindAsync((await UserAsync()).Id, None);
        Assert.InRange(used!.State.Failures, 1, 6);
    }

    [Fact]
    public async Task Stranger_without_the_password_locks_nobody_out()
    {
        var (_, app, _) = await EnrolAsync();
        for (var i = 0; i < 50; i++)
        {
            await TryAsync(LogInAsync(Email, "not her password", "123456", $"198.51.100.{i % 10}"));
        }

        Node.Time.Advance(Step);
        await LogInAsync(Email, Password, app.Code);
    }

    [Fact]
    public async Task Recovery_code_logs_in_once_and_leaves_an_entry()
    {
        var (_, _, codes) = await EnrolAsync();
        var caller = await FindCallerAsync(await LogInAsync(Email, Password, codes[0]));
        Assert.Equal("Password, RecoveryCode", string.Join(", ", (await Sessions.DescribeAsync(caller!, None)).Session.Methods));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password, codes[0]));
        Assert.Equal(9, (await Factors.DescribeAsync(caller!, None)).RecoveryCodesLeft);
        Assert.Contains(await ReadEntriesAsync(), entry => entry.Contains("\"user.useRecoveryCode\"", StringComparison.Ordinal)
            && entry.Contains("\"recoveryCodesLeft\":{\"to\":9}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Renewed_recovery_codes_replace_all()
    {
        var (ann, app, codes) = await EnrolAsync();
        Node.Time.Advance(Step);
        var renewed = (await Factors.RenewRecoveryCodesAsync(ann, new ProveFactors(Password, app.Code), None)).RecoveryCodes;
        Assert.Equal(10, renewed.Length);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password, codes[1]));
        await LogInAsync(Email, Password, renewed[1]);
    }

    [Fact]
    public async Task Enrolment_requires_the_password_and_a_first_code()
    {
        var ann = await SignInNewAsync();
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.BeginTotpAsync(ann, new EnrolTotp("not her password"), None));
        await AssertRefusedAsync(ErrorCode.WrongState, Factors.ConfirmTotpAsync(ann, new ConfirmTotp("123456"), None));
        var app = new Authenticator((await Factors.BeginTotpAsync(ann, new EnrolTotp(Password), None)).Secret, Node.Time);
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.ConfirmTotpAsync(ann, new ConfirmTotp(app.WrongCode), None));
        await LogInAsync(Email, Password);
        Node.Time.Advance(TimeSpan.FromMinutes(10));
        await AssertRefusedAsync(ErrorCode.WrongState, Factors.ConfirmTotpAsync(ann, new ConfirmTotp(app.Code), None));
    }

    [Fact]
    public async Task Enrolment_ends_the_other_sessions()
    {
        var ann = await SignInNewAsync();
        var other = await LogInAsync(Email, Password);
        var enrolment = await Factors.BeginTotpAsync(ann, new EnrolTotp(Password), None);
        Assert.StartsWith("otpauth://totp/", enrolment.Uri, StringComparison.Ordinal);
        await Factors.ConfirmTotpAsync(ann, new ConfirmTotp(new Authenticator(enrolment.Secret, Node.Time).Code), None);
        Assert.Null(await FindCallerAsync(other));
        var now = await Node.Get<LiveSessions>().FindAsync(ann.SessionId!, None);
        Assert.Equal(Node.Time.GetUtcNow(), now!.Caller.SecondFactorAt);
        await AssertRefusedAsync(ErrorCode.WrongState, Factors.BeginTotpAsync(now.Caller, new EnrolTotp(Password), None));
    }

    [Fact]
    public async Task Step_up_renews_the_time_in_the_same_session()
    {
        var (ann, app, _) = await EnrolAsync();
        Node.Time.Advance(TimeSpan.FromHours(1));
        var session = (await Factors.StepUpAsync(ann, new StepUp(app.Code), false, None)).Session;
        Assert.Equal((ann.SessionId, Node.Time.GetUtcNow()), (session.Id, session.SecondFactorAt));
        Assert.Equal(Node.Time.GetUtcNow(), (await Node.Get<LiveSessions>().FindAsync(ann.SessionId!, None))!.Caller.SecondFactorAt);
    }

    [Fact]
    public async Task Removal_requires_password_and_code()
    {
        var (ann, app, codes) = await EnrolAsync();
        Node.Time.Advance(Step);
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.RemoveTotpAsync(ann, new ProveFactors("not her password", app.Code), None));
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.RemoveTotpAsync(ann, new ProveFactors(Password, app.WrongCode), None));
        await Factors.RemoveTotpAsync(ann, new ProveFactors(Password, codes[0]), None);
        await LogInAsync(Email, Password);
        await AssertRefusedAsync(ErrorCode.InvalidRequest, LogInAsync(Email, Password, app.Code));
        Assert.Null(await Node.Get<SecondFactors>().FindAsync(ann.Id, None));
        Assert.Null((await UserAsync()).State.VotesFrom);
    }

    [Fact]
    public async Task Reset_by_an_administrator_ends_sessions_and_earlier_votes()
    {
        var (ann, _, _) = await EnrolAsync();
        await AssertRefusedAsync(ErrorCode.Forbidden, Users.ResetFactorsAsync(ann, Administrator.Id, None));
        await AssertRefusedAsync(ErrorCode.Forbidden, Users.ResetFactorsAsync(Administrator, Administrator.Id, None));
        await Users.ResetFactorsAsync(Administrator, ann.Id, None);
        Assert.Null(await Node.Get<LiveSessions>().FindAsync(ann.SessionId!, None));
        Assert.Equal(Node.Time.GetUtcNow(), (await UserAsync()).State.VotesFrom);
        await LogInAsync(Email, Password);
        await AssertRefusedAsync(ErrorCode.WrongState, Users.ResetFactorsAsync(Administrator, ann.Id, None));
    }

    [Fact]
    public async Task Server_resets_password_and_second_factor()
    {
        var (ann, _, _) = await EnrolAsync();
        await Users.ResetAsync(Email, null, "the next password of ann", None);
        await LogInAsync(Email, "the next password of ann");
        Assert.Null(await Node.Get<SecondFactors>().FindAsync(ann.Id, None));
        Assert.Contains(await ReadEntriesAsync(), entry => entry.Contains("\"user.reset\"", StringComparison.Ordinal)
            && entry.Contains("\"secondFactor\":{\"from\":\"totp\",\"to\":null}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Deleted_person_leaves_no_row_of_the_factor()
    {
        var (ann, _, _) = await EnrolAsync();
        await Users.DeleteAsync(Administrator, ann.Id, None);
        Assert.Null(await Node.Get<SecondFactors>().FindAsync(ann.Id, None));
    }

    [Fact]
    public async Task Missing_row_of_used_codes_lets_nobody_in()
    {
        var (ann, app, codes) = await EnrolAsync();
        var row = await Node.Get<SecondFactors>().FindAsync(ann.Id, None);
        await Node.Get<ILedger>().CommitAsync(new LedgerElement { Writes = [row!.Remove()] }, None);
        Node.Time.Advance(Step);
        await Assert.ThrowsAsync<StateTamperedException>(() => LogInAsync(Email, Password, app.Code));
        await Assert.ThrowsAsync<StateTamperedException>(() => LogInAsync(Email, Password, codes[0]));
        await AssertRefusedAsync(ErrorCode.SecondFactorRequired, LogInAsync(Email, Password));
    }

    [Fact]
    public async Task No_entry_and_no_row_holds_secrets_or_codes()
    {
        var ann = await SignInNewAsync();
        var secret = (await Factors.BeginTotpAsync(ann, new EnrolTotp(Password), None)).Secret;
        var begun = await Node.Get<IStateStore>().ReadAsync(StateTypes.TotpEnrolment, ann.Id, None);
        var codes = (await Factors.ConfirmTotpAsync(ann, new ConfirmTotp(new Authenticator(secret, Node.Time).Code), None)).RecoveryCodes;
        string[] written =
        [
            .. await ReadEntriesAsync(),
            Encoding.UTF8.GetString(begun!.Content.Span),
            Encoding.UTF8.GetString((await Node.Get<IStateStore>().ReadAsync(StateTypes.User, ann.Id, None))!.Content.Span),
            Encoding.UTF8.GetString((await Node.Get<IStateStore>().ReadAsync(StateTypes.SecondFactor, ann.Id, None))!.Content.Span),
        ];
        string[] hidden = [secret, Convert.ToBase64String(OtpNet.Base32Encoding.ToBytes(secret)), .. codes];
        Assert.All(hidden, one => Assert.DoesNotContain(one, string.Join('\n', written), StringComparison.Ordinal));
        Assert.Null(await Node.Get<IStateStore>().ReadAsync(StateTypes.TotpEnrolment, ann.Id, None));
    }

    [Fact]
    public async Task Machine_identities_have_no_second_factor()
    {
        var robot = await CreateIdentityAsync("robot");
        var caller = await FindCallerAsync(await LogInAsync(await CreateSecretAsync(robot.Id)));
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.DescribeAsync(caller!, None));
        await AssertRefusedAsync(ErrorCode.Forbidden, Factors.StepUpAsync(caller!, new StepUp("123456"), false, None));
        Assert.Equal(AuthenticationMethod.ClientSecret, Assert.Single((await Sessions.DescribeAsync(caller!, None)).Session.Methods));
    }

    private Task<IssuedToken> LogInAsync(string email, string password, string? code, string address = "192.0.2.1") =>
        Node.Get<PasswordLogin>().LoginAsync(
            new PasswordCredentials(email, password, code), Origin with { Address = address }, None);

    private async Task<Caller> SignInNewAsync()
    {
        await CreateUserAsync(Email);
        return await SignInAsync(Email, Password);
    }

    private async Task<(Caller Ann, Authenticator App, ImmutableArray<string> Codes)> EnrolAsync()
    {
        var ann = await SignInNewAsync();
        var app = new Authenticator((await Factors.BeginTotpAsync(ann, new EnrolTotp(Password), None)).Secret, Node.Time);
        var codes = (await Factors.ConfirmTotpAsync(ann, new ConfirmTotp(app.Code), None)).RecoveryCodes;
        return ((await Node.Get<LiveSessions>().FindAsync(ann.SessionId!, None))!.Caller, app, codes);
    }

    private async Task<Row<UserState>> UserAsync()
    {
        var id = (await Users.GetByEmailAsync(Email, None)).Id;
        return (await Node.Get<IStateStore>().FindAsync<UserState>(StateTypes.User, id, None))!;
    }

    private static async Task<bool> TryAsync(Task<IssuedToken> login)
    {
        try
        {
            await login;
            return true;
        }
        catch (RefusedException)
        {
            return false;
        }
    }
}
