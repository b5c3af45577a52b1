using System.Net.Sockets;
using System.Text;

namespace CodeSigning.Abuse.Tests;

/// <summary>
/// A way to ask a server for more than it should give. One is added by deriving from this and naming it in
/// <see cref="FloodTests"/>. It stays on loopback, and ends when it is told to.
/// </summary>
internal abstract class Flood
{
    private int _made;
    private int _repelled;

    /// <summary>How many connections or requests it made.</summary>
    public int Made => Volatile.Read(ref _made);

    /// <summary>How many of them the server ended or refused.</summary>
    public int Repelled => Volatile.Read(ref _repelled);

    /// <summary>Makes the accounts that it needs, before it begins.</summary>
    public virtual Task PrepareAsync(Target target) => Task.CompletedTask;

    /// <summary>Floods a server until it is cancelled, and returns then.</summary>
    public async Task RunAsync(Target target, CancellationToken ended)
    {
        try
        {
            await FloodAsync(target, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // It was long enough.
        }
    }

    /// <summary>Floods a server until it is cancelled.</summary>
    protected abstract Task FloodAsync(Target target, CancellationToken ended);

    protected void CountMade() => Interlocked.Increment(ref _made);

    protected void CountRepelled() => Interlocked.Increment(ref _repelled);

    /// <summary>Does something on so many workers, again and again; what the network says of it counts as repelled.</summary>
    protected Task RepeatAsync(int workers, Func<CancellationToken, Task> act, CancellationToken ended) => Task.WhenAll(
        Enumerable.Range(0, workers).Select(_ => Task.Run(
            async () =>
            {
                while (!ended.IsCancellationRequested)
                {
                    try
                    {
                        CountMade();
                        await act(ended);
                    }
                    catch (Exception gone) when (gone is IOException or SocketException or HttpRequestException)
                    {
                        CountRepelled();
                    }
                }
            },
            CancellationToken.None)));

    /// <summary>Opens a connection and begins to say something.</summary>
    protected static async Task<Socket> BeginAsync(Target target, string text, CancellationToken ended)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target.Address.Host, target.Address.Port, ended);
            if (text.Length > 0)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(text), ended);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
