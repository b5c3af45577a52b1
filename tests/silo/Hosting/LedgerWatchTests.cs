using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Ledger.Writing;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>A process whose ledger broke makes room for another.</summary>
public sealed class LedgerWatchTests : IDisposable
{
    private readonly int _exitCode = Environment.ExitCode;
    private readonly Ledger _ledger = new();
    private readonly Lifetime _lifetime = new();

    public void Dispose()
    {
        Environment.ExitCode = _exitCode;
        _lifetime.Dispose();
    }

    [Fact]
    public async Task Broken_ledger_ends_the_process_with_its_own_exit_status()
    {
        using LedgerWatch watch = new(_ledger, _lifetime);
        await watch.StartAsync(CancellationToken.None);
        Assert.False(_lifetime.ApplicationStopping.IsCancellationRequested);
        _ledger.Break();
        await watch.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(_lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.Equal(70, Environment.ExitCode);
    }

    [Fact]
    public async Task Shutdown_with_an_intact_ledger_sets_no_exit_status()
    {
        using LedgerWatch watch = new(_ledger, _lifetime);
        await watch.StartAsync(CancellationToken.None);
        await watch.StopAsync(CancellationToken.None);
        Assert.Equal(_exitCode, Environment.ExitCode);
    }

    private sealed class Ledger : ILedgerHealth
    {
        private readonly TaskCompletionSource _broken = new();

        public bool IsWritable => !_broken.Task.IsCompleted;

        public string? Reason => IsWritable ? null : "It broke.";

        public Task Broken => _broken.Task;

        public void Break() => _broken.SetResult();
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
