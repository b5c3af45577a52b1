using System.Runtime.InteropServices;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// What the platform's library frees without zeroing it: its decoders and encoders of private keys leave their bytes in the C heap,
/// where a dump of the memory shows them until the place is used again. On Linux with glibc, freed memory is overwritten; other
/// platforms have no such means.
/// </summary>
internal static partial class NativeHeap
{
    // M_PERTURB of mallopt(3): the allocator fills what is freed, except what it keeps in its caches of small blocks.
    private const int FillFreed = -6;
    private const int Filling = 0xA5;

    // The caches of each thread hold seven blocks of each size up to 1032 bytes (glibc's tcache).
    private const int BlocksOfSize = 8;
    private const int SmallestBlock = 24;
    private const int LargestBlock = 1032;
    private const int NextSize = 16;

    private static readonly Lazy<bool> IsFilled = new(BeginToFill);

    /// <summary>Has freed memory overwritten from now on. It holds for the whole process.</summary>
    public static void OverwriteFreed() => _ = IsFilled.Value;

    /// <summary>
    /// Overwrites the small blocks that this thread has freed; called where a private key was read or written, on the same thread.
    /// It takes some tens of microseconds.
    /// </summary>
    public static unsafe void OverwriteFreedByThread()
    {
        if (!IsFilled.Value)
        {
            return;
        }

        var blocks = stackalloc void*[BlocksOfSize];
        for (nuint size = SmallestBlock; size <= LargestBlock; size += NextSize)
        {
            for (var number = 0; number < BlocksOfSize; number++)
            {
                blocks[number] = NativeMemory.Alloc(size);
                NativeMemory.Fill(blocks[number], size, Filling);
            }

            for (var number = 0; number < BlocksOfSize; number++)
            {
                NativeMemory.Free(blocks[number]);
            }
        }
    }

    private static bool BeginToFill()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return SetOption(FillFreed, Filling) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // Another C library.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int option, int value);
}
