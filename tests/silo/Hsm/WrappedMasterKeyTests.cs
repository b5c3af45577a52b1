using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>Master keys that a token wraps.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class WrappedMasterKeyTests : IDisposable
{
    private const string Label = "wrapping";

    private readonly TemporaryDirectory _data = new();
    private SoftHsm _hsm = new();

    private string KeyFile => _data.File(MasterKeySource.FileName);

    public void Dispose()
    {
        _hsm.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void Wrapped_master_key_is_the_same_at_every_start()
    {
        var (wrapped, isKeyNew) = WrapFresh();
        var (again, isNewAgain) = WrapFresh();

        Assert.Equal((true, false), (isKeyNew, isNewAgain));
        Assert.NotEqual(wrapped.Fingerprint, again.Fingerprint);
        Assert.Equal(wrapped.Fingerprint, Load(wrapped));
        Assert.Equal(wrapped.Fingerprint, Load(wrapped));
        Assert.Equal(again.Fingerprint, Load(again));
    }

    [Fact]
    public void Wrapping_key_cannot_leave_and_only_encrypts()
    {
        WrapFresh();

        var shown = _hsm.ListObjects();

        Assert.Contains("Secret Key Object; AES length 32", shown, StringComparison.Ordinal);
        Assert.Contains($"label:      {Label}", shown, StringComparison.Ordinal);
        Assert.Contains("Usage:      encrypt, decrypt\n", shown, StringComparison.Ordinal);
        Assert.Contains("Access:     sensitive, always sensitive, never extractable, local", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_that_is_away_is_named_and_used_later()
    {
        var (wrapped, _) = WrapFresh();
        _hsm.TakeAway();

        var away = Assert.Throws<MasterKeyUnavailableException>(() => Load(wrapped));

        Assert.Contains("the HSM 'soft' is unavailable", away.Message, StringComparison.Ordinal);
        _hsm.GiveBack();
        Assert.Equal(wrapped.Fingerprint, Load(wrapped));
    }

    [Fact]
    public void Wrong_PIN_is_tried_once()
    {
        var (wrapped, _) = WrapFresh();
        _hsm.WritePin("wrong-pin");

        Assert.Contains("the token refused the PIN,", Refused(wrapped), StringComparison.Ordinal);
        Assert.Contains("refused this PIN before", Refused(wrapped), StringComparison.Ordinal);

        _hsm.WritePin(SoftHsm.Pin);
        Assert.Equal(wrapped.Fingerprint, Load(wrapped));
        Assert.Equal(0, new FileInfo(_data.File(MasterKeyToken.PinFileName)).Length);
    }

    [Fact]
    public void Altered_file_is_refused()
    {
        var (wrapped, _) = WrapFresh();
        _hsm.MakeSecretKey("other");
        byte[] Altered(byte[] bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];

        foreach (var altered in new[]
        {
            wrapped with { Ciphertext = Altered(wrapped.Ciphertext) },
            wrapped with { Nonce = Altered(wrapped.Nonce) },
            wrapped with { Fingerprint = new string('0', 32) },
            wrapped with { WrappingKey = "other" },
            wrapped with { Ciphertext = wrapped.Ciphertext[..20] },
            wrapped with { Ciphertext = [] },
            wrapped with { Nonce = [] },
        })
        {
            Assert.Contains("does not unwrap the master key", Refused(altered), StringComparison.Ordinal);
        }

        Assert.Equal(wrapped.Fingerprint, Load(wrapped));
    }

    [Fact]
    public void Token_with_another_key_of_the_label_is_refused()
    {
        var (wrapped, _) = WrapFresh();
        _hsm.RemoveSecretKey(Label);
        _hsm.MakeSecretKey(Label);

        Assert.Contains($"the token's key '{Label}' is another one", Refused(wrapped), StringComparison.Ordinal);
    }

    [Fact]
    public void Token_without_the_key_is_refused()
    {
        var (wrapped, _) = WrapFresh();
        _hsm.RemoveSecretKey(Label);

        Assert.Contains($"the token does not show the key '{Label}'", Refused(wrapped), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_keys_of_the_label_are_refused()
    {
        var (wrapped, _) = WrapFresh();
        _hsm.MakeSecretKey(Label);

        Assert.Contains($"several secret keys have the label '{Label}'", Refused(wrapped), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_that_could_leave_the_token_wraps_nothing()
    {
        _hsm.MakeSecretKey(Label, "--extractable");

        var refusal = Assert.Throws<MasterKeyException>(() => WrapFresh());

        Assert.Contains("sensitive and not extractable", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_without_the_mechanism_makes_no_key()
    {
        _hsm.Dispose();
        _hsm = new SoftHsm(mechanisms: "CKM_AES_KEY_GEN,CKM_AES_CBC");

        var refusal = Assert.Throws<MasterKeyException>(() => WrapFresh());

        Assert.Contains("the token has no CKM_AES_GCM", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret Key", _hsm.ListObjects(), StringComparison.Ordinal);
    }

    private MasterKeyToken Token() => new(HsmSettings.Read(_hsm.SettingsFile, Assert.Fail).Single(), _data.Path);

    private (WrappedMasterKey Wrapped, bool IsKeyNew) WrapFresh()
    {
        using var plain = SecretBytes.Random(MasterKey.Length);
        return Token().Wrap(Label, plain);
    }

    private string Refused(WrappedMasterKey wrapped)
    {
        var refusal = Assert.ThrowsAny<MasterKeyException>(() => Load(wrapped));
        Assert.IsNotType<MasterKeyUnavailableException>(refusal);
        Assert.Contains("'soft'", refusal.Message, StringComparison.Ordinal);
        return refusal.Message;
    }

    private string Load(WrappedMasterKey wrapped)
    {
        File.WriteAllBytes(KeyFile, wrapped.ToFile());
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var key = new MasterKeySource(setting: null, _data.Path, "soft", Token().Unwrap).Load(storeIsEmpty: false);
        return key.Fingerprint;
    }
}
