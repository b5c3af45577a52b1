using CodeSigning.Silo.Hsm;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>The record of PINs that were tried, which nodes share.</summary>
public abstract class PinRecordContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const string Token = "label\n0123456789";

    private int _tries;

    [Fact]
    public async Task Wrong_PIN_is_tried_once_over_nodes_and_restarts()
    {
        var first = await Task.WhenAll(RefuseAsync(Node, "wrong"), RefuseAsync(Node, "wrong"), RefuseAsync(Node, "wrong"));
        for (var restart = 0; restart < 5; restart++)
        {
            await Node.StopAsync();
            await using var restarted = await StartNodeAsync();
            await RefuseAsync(restarted, "wrong");
        }

        Assert.Equal(1, _tries);
        Assert.Contains(first, refusal => refusal.Contains("until its source has changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changed_PIN_is_tried_and_taken_again_and_again()
    {
        await RefuseAsync(Node, "wrong");

        await TakeAsync("right");
        await TakeAsync("right");

        Assert.Equal(3, _tries);
        await RefuseAsync(Node, "wrong again");
        await RefuseAsync(Node, "wrong again");
        Assert.Equal(4, _tries);
    }

    [Fact]
    public async Task Attempts_without_an_outcome_are_few()
    {
        // A process that ends within its attempt records nothing.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            _ = Record(Node).LoginAsync(Token, "pin"u8.ToArray(), NeverAsync, CancellationToken.None);
            await UntilTriedAsync(attempt + 1);
            await AdvanceAsync(TimeSpan.FromSeconds(20));
        }

        Assert.Contains("without an outcome", await RefuseAsync(Node, "pin"), StringComparison.Ordinal);
        Assert.Equal(2, _tries);
    }

    [Fact]
    public async Task Token_that_was_away_did_not_refuse_the_PIN()
    {
        await Assert.ThrowsAsync<TokenFaultException>(() => Record(Node).LoginAsync(
            Token, "pin"u8.ToArray(), () => throw new TokenFaultException("away"), CancellationToken.None));

        await TakeAsync("pin");
    }

    private static PinRecord Record(TestNode node) => ActivatorUtilities.CreateInstance<PinRecord>(node.Get<IServiceProvider>());

    private async Task UntilTriedAsync(int tries)
    {
        while (Volatile.Read(ref _tries) < tries)
        {
            await Task.Delay(5);
        }
    }

    private async Task<bool> NeverAsync()
    {
        Interlocked.Increment(ref _tries);
        await new TaskCompletionSource().Task;
        return true;
    }

    private Task TakeAsync(string pin) => Record(Node).LoginAsync(
        Token,
        System.Text.Encoding.UTF8.GetBytes(pin),
        () =>
        {
            _tries++;
            return Task.FromResult(true);
        },
        CancellationToken.None);

    private async Task<string> RefuseAsync(TestNode node, string pin)
    {
        var login = Record(node).LoginAsync(
            Token,
            System.Text.Encoding.UTF8.GetBytes(pin),
            () =>
            {
                Interlocked.Increment(ref _tries);
                return Task.FromResult(false);
            },
            CancellationToken.None);
        while (!login.IsCompleted)
        {
            await Task.Delay(5);
            Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        return (await Assert.ThrowsAsync<PinRefusedException>(() => login)).Message;
    }
}

public sealed class SqlitePinRecordTests() : PinRecordContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlPinRecordTests() : PinRecordContract(DatabaseKind.PostgreSql);
