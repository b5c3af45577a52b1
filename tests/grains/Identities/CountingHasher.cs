using System.Buffers.Binary;
using System.Collections.Concurrent;
using CodeSigning.Grains.Identities;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>The product's hasher, which also tells what work it was given: what a login costs, without a clock.</summary>
internal sealed class CountingHasher(int iterations) : IPasswordHasher<PasswordHashing>
{
    // Where version 3 of the format holds the count, after a byte for the version and four for the hash function.
    private const int IterationsAt = 5;

    private readonly PasswordHasher<PasswordHashing> _inner =
        new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));

    private readonly ConcurrentQueue<int> _checks = new();
    private int _made;

    public IEnumerable<int> IterationsOfChecks => _checks;

    public int Made => _made;

    public static int IterationsOf(string hash) =>
        (int)BinaryPrimitives.ReadUInt32BigEndian(Convert.FromBase64String(hash).AsSpan(IterationsAt));

    public void Clear()
    {
        _checks.Clear();
        _made = 0;
    }

    public string HashPassword(PasswordHashing user, string password)
    {
        Interlocked.Increment(ref _made);
        return _inner.HashPassword(user, password);
    }

    public PasswordVerificationResult VerifyHashedPassword(PasswordHashing user, string hashedPassword, string providedPassword)
    {
        _checks.Enqueue(IterationsOf(hashedPassword));
        return _inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
    }
}
