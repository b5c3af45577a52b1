using CodeSigning.Silo.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class MasterKeyTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("codesigning-masterkey-").FullName;

    private string KeyFile => Path.Combine(_data, MasterKeySource.FileName);

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void Empty_store_gets_a_master_key_readable_by_owner_only()
    {
        using var made = new MasterKeySource(null, _data).Load(storeIsEmpty: true);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal(MasterKey.Length, Convert.FromBase64String(File.ReadAllText(KeyFile)).Length);
        Assert.Single(Directory.GetFiles(_data));
        using var again = new MasterKeySource(null, _data).Load(storeIsEmpty: false);
        Assert.Equal(made.Fingerprint, again.Fingerprint);
    }

    [Fact]
    public void Two_empty_stores_get_different_master_keys()
    {
        using var one = new MasterKeySource(null, Path.Combine(_data, "one")).Load(storeIsEmpty: true);
        using var two = new MasterKeySource(null, Path.Combine(_data, "two")).Load(storeIsEmpty: true);

        Assert.NotEqual(one.Fingerprint, two.Fingerprint);
    }

    [Fact]
    public void Nodes_that_start_concurrently_use_one_master_key()
    {
        var fingerprints = Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(16).Select(_ =>
        {
            using var key = new MasterKeySource(null, _data).Load(storeIsEmpty: true);
            return key.Fingerprint;
        }).ToList();

        Assert.Single(fingerprints.Distinct());
        Assert.Equal([KeyFile], Directory.GetFiles(_data));
    }

    [Theory]
    [InlineData("\uFEFF{0}\r\n")]
    [InlineData("{0}\n")]
    [InlineData(" {0}")]
    public void Setting_may_have_a_mark_and_line_ends(string wrapping)
    {
        var text = Convert.ToBase64String(new byte[MasterKey.Length]);
        using var plain = new MasterKeySource(text, _data).Load(storeIsEmpty: true);
        var wrapped = wrapping.Replace("{0}", text.Insert(20, "\r\n"), StringComparison.Ordinal);
        using var other = new MasterKeySource(wrapped, _data).Load(storeIsEmpty: true);
        Assert.Equal(plain.Fingerprint, other.Fingerprint);
    }

    [Fact]
    public void Store_with_keys_never_gets_a_new_master_key()
    {
        var refusal = Assert.Throws<MasterKeyException>(() => new MasterKeySource(null, _data).Load(storeIsEmpty: false));

        Assert.Contains("restore the master key", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyFile));
    }

    [Fact]
    public void Master_key_file_readable_by_other_users_is_refused()
    {
        new MasterKeySource(null, _data).Load(storeIsEmpty: true).Dispose();
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var refusal = Assert.Throws<MasterKeyException>(() => new MasterKeySource(null, _data).Load(storeIsEmpty: false));

        Assert.Contains("chmod 600", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Named_file_accessible_to_other_users_is_refused(UnixFileMode others)
    {
        var file = Path.Combine(_data, "named");
        File.WriteAllText(file, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | others);

        var refusal = Assert.Throws<MasterKeyException>(() => new MasterKeySource($"file:{file}", _data).Load(storeIsEmpty: true));

        Assert.EndsWith($"run 'chmod 600 {file}'.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Setting_overrides_the_file_and_creates_none()
    {
        var bytes = new byte[32];
        bytes[0] = 7;
        using var expected = MasterKey.FromBytes(bytes);
        var raw = Path.Combine(_data, "raw");
        File.WriteAllBytes(raw, bytes);
        var text = Path.Combine(_data, "text");
        File.WriteAllText(text, Convert.ToBase64String(bytes) + "\n");

        foreach (var file in new[] { raw, text })
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }

        foreach (var setting in new[] { Convert.ToBase64String(bytes), $"file:{raw}", $"file:{text}" })
        {
            using var loaded = new MasterKeySource(setting, _data).Load(storeIsEmpty: true);
            Assert.Equal(expected.Fingerprint, loaded.Fingerprint);
        }

        Assert.False(File.Exists(KeyFile));
    }

    [Theory]
    [InlineData("not base64 at all!")]
    [InlineData("c2hvcnQ=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("file:/nowhere/at/all")]
    [InlineData("file:/")]
    public void Malformed_setting_is_refused_without_repeating_it(string setting)
    {
        var refusal = Assert.Throws<MasterKeyException>(() => new MasterKeySource(setting, _data).Load(storeIsEmpty: true));

        Assert.DoesNotContain(setting, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Setting_that_names_no_file_is_refused() =>
        Assert.Throws<MasterKeyException>(() => new MasterKeySource("file:", _data).Load(storeIsEmpty: true));

    [Fact]
    public void Wrapped_and_plain_keys_are_taken_as_the_settings_say()
    {
        var wrapped = WrappedMasterKey.ByAesGcm("one", "wrapping", "3b1e3e12e15c345bba18795913f2a650", new byte[12], new byte[48]);
        Store(wrapped.ToFile());

        Assert.Equal(wrapped.Fingerprint, Load("one"));
        Assert.Equal(wrapped.Fingerprint, Load("one", System.Text.Encoding.UTF8.GetString(wrapped.ToFile())));
        Assert.Contains("set CODESIGNING_MASTER_KEY_HSM to that name", Refused(null), StringComparison.Ordinal);
        Assert.Contains("by the HSM 'one', but CODESIGNING_MASTER_KEY_HSM is 'two'", Refused("two"), StringComparison.Ordinal);
        Assert.Contains("is not wrapped", Refused("one", Convert.ToBase64String(new byte[32])), StringComparison.Ordinal);
        Store((wrapped with { Fingerprint = new string('0', 32) }).ToFile());
        Assert.Contains("another master key", Refused("one"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_plain_master_key_is_made_where_an_HSM_wraps()
    {
        Assert.Contains("make one with 'wrap-master-key'", Refused("one"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_data));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"wrappedMasterKey":2,"hsm":"one","wrappingKey":"w","mechanism":"CKM_AES_GCM","fingerprint":"0","nonce":"","ciphertext":""}""")]
    [InlineData("""{"wrappedMasterKey":1,"hsm":"one","wrappingKey":"w","mechanism":"CKM_AES_ECB","fingerprint":"0","nonce":"","ciphertext":""}""")]
    [InlineData("""{"wrappedMasterKey":1,"hsm":"one","wrappingKey":"","mechanism":"CKM_AES_GCM","fingerprint":"0","nonce":"","ciphertext":""}""")]
    [InlineData("""{"wrappedMasterKey":1,"hsm":"one","wrappingKey":"w","mechanism":"CKM_AES_GCM","fingerprint":null,"nonce":"","ciphertext":""}""")]
    [InlineData("""{"wrappedMasterKey":1,"hsm":"one","wrappingKey":"w","mechanism":"CKM_AES_GCM","fingerprint":"0","nonce":"","ciphertext":"?"}""")]
    public void File_that_is_no_wrapped_key_is_refused(string content)
    {
        Store(System.Text.Encoding.UTF8.GetBytes(content));

        Assert.Contains("is not a wrapped master key", Refused("one"), StringComparison.Ordinal);
    }

    /// <summary>Records name the fingerprint and are wrapped under the derived key: neither may ever change. The value is openssl's.</summary>
    [Fact]
    public void Fingerprint_of_a_key_is_stable()
    {
        using var key = MasterKey.FromBytes(new byte[32]);

        Assert.Equal("3b1e3e12e15c345bba18795913f2a650", key.Fingerprint);
    }

    [Fact]
    public void Disposed_master_key_seals_nothing()
    {
        var key = MasterKey.FromBytes(new byte[32]);
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(
            () => new KeySealer(key).Seal(new KeyReference("key_a"), KeyPurpose.StateRows, null, [1]));
    }

    private void Store(byte[] content)
    {
        File.WriteAllBytes(KeyFile, content);
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    // The HSM unwraps to the key of zeroes.
    private string Load(string? hsm, string? setting = null)
    {
        using var key = new MasterKeySource(setting, _data, hsm, _ => new SecretBytes(MasterKey.Length)).Load(storeIsEmpty: true);
        return key.Fingerprint;
    }

    private string Refused(string? hsm, string? setting = null) => Assert.Throws<MasterKeyException>(() => Load(hsm, setting)).Message;
}
