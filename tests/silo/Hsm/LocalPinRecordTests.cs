using CodeSigning.Silo.Hsm;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>PINs that are tried before the store is open.</summary>
public sealed class LocalPinRecordTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _tries;

    private string Record => _directory.File("pin");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Refused_PIN_is_not_tried_again_and_another_is()
    {
        Assert.Throws<PinRefusedException>(() => Login("1111", isTaken: false));
        Assert.Throws<PinRefusedException>(() => Login("1111", isTaken: true));
        Assert.Equal(1, _tries);
        Login("1111", isTaken: true, token: "another");
        Assert.Throws<PinRefusedException>(() => Login("1111", isTaken: false));

        Login("2222", isTaken: true);

        Assert.Equal(4, _tries);
        Assert.Equal(0, new FileInfo(Record).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Record));
    }

    [Fact]
    public void Record_of_a_refused_PIN_does_not_hold_it()
    {
        Assert.Throws<PinRefusedException>(() => Login("87654321", isTaken: false));

        Assert.DoesNotContain("87654321", File.ReadAllText(Record), StringComparison.Ordinal);
    }

    [Fact]
    public void Token_that_is_away_has_judged_no_PIN()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.Throws<TokenFaultException>(() => Attempt("1111", () => throw new TokenFaultException("away")));
        }

        Login("1111", isTaken: true);
    }

    [Fact]
    public void PIN_is_not_tried_after_two_attempts_without_outcome()
    {
        foreach (var _ in Enumerable.Range(0, 2))
        {
            Assert.Throws<InvalidOperationException>(() => Attempt("1111", () => throw new InvalidOperationException("The process ended.")));
        }

        var refusal = Assert.Throws<PinRefusedException>(() => Login("1111", isTaken: true));

        Assert.Contains($"remove {Record}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _tries);
    }

    [Fact]
    public void Record_that_is_not_readable_allows_no_attempt()
    {
        File.WriteAllText(Record, "{");

        var refusal = Assert.Throws<PinRefusedException>(() => Login("1111", isTaken: true));

        Assert.Contains(Record, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _tries);
    }

    private void Login(string pin, bool isTaken, string token = "token") => Attempt(
        pin,
        () =>
        {
            _tries++;
            return isTaken;
        },
        token);

    private void Attempt(string pin, Func<bool> login, string token = "token") =>
        new LocalPinRecord(Record).Login(token, System.Text.Encoding.UTF8.GetBytes(pin), login);
}
