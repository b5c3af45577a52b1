using System.Diagnostics;
using System.Globalization;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>A file system of its own for a directory, which can be filled to the last block.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryDirectory _image = new();

    private SmallDisk(TemporaryDirectory directory) => Directory = directory;

    /// <summary>Where it is mounted. Unmount it before the directory is removed.</summary>
    public TemporaryDirectory Directory { get; }

    private string Ballast => Directory.File("ballast");

    /// <summary>Makes it. Only root may mount.</summary>
    public static async Task<SmallDisk> MountAsync(string size)
    {
        SmallDisk disk = new(new TemporaryDirectory());
        var image = disk._image.File("image");
        await RunAsync("truncate", "--size", size, image);
        await RunAsync("mkfs.ext4", "-q", "-m", "0", image);
        await RunAsync("mount", "-o", "loop", image, disk.Directory.Path);
        return disk;
    }

    /// <summary>Takes all that is free.</summary>
    public async Task FillAsync()
    {
        // What a filling writer leaves is less than a block for each of its attempts.
        for (var free = new DriveInfo(Directory.Path).AvailableFreeSpace; free > 64 * 1024; free /= 2)
        {
            var length = new FileInfo(Ballast) is { Exists: true } ballast ? ballast.Length : 0;
            await TryRunAsync("fallocate", "--offset", Text(length), "--length", Text(free), Ballast);
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Ballast);

    /// <summary>Unmounts it.</summary>
    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Directory.Path);
        _image.Dispose();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task RunAsync(string program, params string[] arguments) =>
        Assert.True(await TryRunAsync(program, arguments) == 0, $"{program} {string.Join(' ', arguments)} failed.");

    private static async Task<int> TryRunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
