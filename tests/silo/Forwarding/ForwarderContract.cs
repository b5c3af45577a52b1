using System.Text;
using CodeSigning.Silo.Forwarding;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Tests.Ledger;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Forwarding;

/// <summary>Forwarding the ledger to a receiver as it grows.</summary>
public abstract class ForwarderContract(DatabaseKind kind) : StoreSuite(kind)
{
    private readonly Receiver _receiver = new();

    [Fact]
    public async Task Entries_and_checkpoints_arrive_once_in_order_as_stored()
    {
        await SignAsync(5);
        var checkpoint = await Node.CheckpointAsync();
        await AdvanceAsync(Node);
        await SignAsync(2);
        await AdvanceAsync(Node);

        var export = Encoding.UTF8.GetString(await Node.ExportAsync()).Split('\n');
        Assert.Equal(export.Where(line => line.StartsWith("{\"operationId\"", StringComparison.Ordinal)), _receiver.Entries);
        Assert.Equal([checkpoint], _receiver.Lines.Except(_receiver.Entries));
    }

    [Fact]
    public async Task Long_ledger_is_sent_in_batches()
    {
        await SignAsync(10);
        await AdvanceAsync(Node, linesAtOnce: 3);
        Assert.Equal(10, _receiver.Entries.Count());
        Assert.All(_receiver.Batches, batch => Assert.InRange(batch.Length, 1, 3));
    }

    [Fact]
    public async Task Batch_that_was_not_taken_is_sent_again()
    {
        await SignAsync(2);
        _receiver.IsAway = true;
        await Assert.ThrowsAsync<ForwardingException>(() => AdvanceAsync(Node));
        _receiver.IsAway = false;
        await AdvanceAsync(Node);
        Assert.Equal(2, _receiver.Entries.Count());
    }

    [Fact]
    public async Task Another_node_goes_on_after_a_minute_of_silence()
    {
        await SignAsync(2);
        await AdvanceAsync(Node);
        await using var other = await TestNode.StartAsync(Database, Time, services => services.Configure<LedgerOptions>(options => options.Node = "other"));
        await SignAsync(1);
        await AdvanceAsync(other);
        Assert.Equal(2, _receiver.Entries.Count());

        await AdvanceAsync(TimeSpan.FromMinutes(2));
        await AdvanceAsync(other);
        Assert.Equal(3, _receiver.Entries.Count());
        Assert.Equal(_receiver.Entries.Distinct(), _receiver.Entries);
    }

    private async Task AdvanceAsync(TestNode node, int linesAtOnce = 1000)
    {
        var forwarder = ActivatorUtilities.CreateInstance<LedgerForwarder>(
            node.Get<IServiceProvider>(), _receiver, new ForwardingOptions { LinesAtOnce = linesAtOnce });
        while (await forwarder.AdvanceAsync(CancellationToken.None))
        {
        }
    }

    private async Task SignAsync(int signatures)
    {
        for (var i = 0; i < signatures; i++)
        {
            await CommitSurelyAsync(Elements.Sign());
        }
    }

    private sealed class Receiver : IForwardTarget
    {
        public bool IsAway { get; set; }

        public List<string[]> Batches { get; } = [];

        public IEnumerable<string> Lines => Batches.SelectMany(batch => batch);

        public IEnumerable<string> Entries => Lines.Where(line => line.StartsWith("{\"operationId\"", StringComparison.Ordinal));

        public Task SendAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
        {
            if (IsAway)
            {
                throw new ForwardingException("It is away.");
            }

            Assert.Equal((byte)'\n', lines.Span[^1]);
            Batches.Add(Encoding.UTF8.GetString(lines.Span[..^1]).Split('\n'));
            return Task.CompletedTask;
        }
    }
}

public sealed class SqliteForwarder() : ForwarderContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlForwarder() : ForwarderContract(DatabaseKind.PostgreSql);
