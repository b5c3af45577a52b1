using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class SealedKeyTests : IDisposable
{
    private static readonly KeyReference A = new("key_a");
    private static readonly byte[] Plain = "not a real key"u8.ToArray();

    private readonly MasterKey _masterKey = MasterKey.FromBytes(new byte[32]);
    private readonly KeySealer _sealer;

    public SealedKeyTests() => _sealer = new KeySealer(_masterKey);

    public void Dispose() => _masterKey.Dispose();

    [Fact]
    public void Sealed_key_opens_again() =>
        Prop.ForAll((NonEmptyArray<byte> content, PositiveInt version, NonEmptyString text) =>
        {
            var id = Uri.EscapeDataString(text.Get.Replace("\ud800", "", StringComparison.Ordinal).EnumerateRunes().First().ToString());
            var reference = new KeyReference(id, version.Get);
            var stored = _sealer.Seal(reference, KeyPurpose.CodeSigning, KeyAlgorithm.EcP256, content.Get).ToBytes();

            using var opened = _sealer.Open(SealedKey.FromBytes(stored), reference, KeyPurpose.CodeSigning);
            return opened.Span.SequenceEqual(content.Get);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Sealed_record_does_not_reveal_its_content()
    {
        var stored = Seal(A).ToBytes();

        Assert.Equal(-1, stored.AsSpan().IndexOf(Plain));
        Assert.DoesNotContain("not a real key", Seal(A).ToString(), StringComparison.Ordinal);
        Assert.False(stored.SequenceEqual(Seal(A).ToBytes()), "Two sealings of the same key are alike.");
    }

    [Fact]
    public void Change_of_any_bit_of_any_byte_is_refused()
    {
        var stored = Seal(A).ToBytes();
        for (var place = 0; place < stored.Length; place++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var altered = stored.ToArray();
                altered[place] ^= (byte)(1 << bit);
                Assert.Throws<SealedKeyException>(() => Open(altered, A));
            }
        }
    }

    [Fact]
    public void Record_cut_short_or_lengthened_is_refused()
    {
        var stored = Seal(A).ToBytes();

        for (var length = 0; length < stored.Length; length++)
        {
            Assert.Throws<SealedKeyException>(() => Open(stored[..length], A));
        }

        Assert.Equal(
            SealedKeyFault.Malformed, Assert.Throws<SealedKeyException>(() => Open([.. stored, 0], A)).Fault);
    }

    [Fact]
    public void Random_bytes_are_refused() =>
        Prop.ForAll((byte[] bytes) =>
            Assert.Throws<SealedKeyException>(() => SealedKey.FromBytes(bytes)).Fault == SealedKeyFault.Malformed)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Record_put_in_another_keys_place_is_refused()
    {
        var b = Seal(new KeyReference("key_b")).ToBytes();

        Assert.Equal(SealedKeyFault.WrongRecord, Assert.Throws<SealedKeyException>(() => Open(b, A)).Fault);
    }

    [Fact]
    public void Record_renamed_to_another_keys_place_is_refused()
    {
        var b = Seal(new KeyReference("key_b"));

        foreach (var forged in new[]
        {
            b with { Reference = A },
            Seal(new KeyReference(A.Id, 2)) with { Reference = A },
            Seal(A) with { Content = b.Content },
            Seal(A) with { WrappedDataKey = b.WrappedDataKey },
            Seal(A) with { Content = b.Content, WrappedDataKey = b.WrappedDataKey },
            _sealer.Seal(A, KeyPurpose.Ledger, KeyAlgorithm.EcP256, Plain) with { Purpose = KeyPurpose.CodeSigning },
            Seal(A) with { Algorithm = KeyAlgorithm.EcP384 },
            Seal(A) with { Algorithm = null },
        })
        {
            Assert.Equal(SealedKeyFault.Altered, Assert.Throws<SealedKeyException>(() => Open(forged.ToBytes(), A)).Fault);
        }
    }

    [Fact]
    public void Key_for_one_purpose_does_not_open_for_another() =>
        Assert.Equal(
            SealedKeyFault.WrongRecord,
            Assert.Throws<SealedKeyException>(() => _sealer.Open(Seal(A), A, KeyPurpose.CertificateAuthority)).Fault);

    [Fact]
    public void Another_master_key_opens_nothing()
    {
        var bytes = new byte[32];
        bytes[5] = 1;
        using var other = MasterKey.FromBytes(bytes);
        var stored = Seal(A);

        Assert.Equal(
            SealedKeyFault.OtherMasterKey,
            Assert.Throws<SealedKeyException>(() => new KeySealer(other).Open(stored, A, KeyPurpose.CodeSigning)).Fault);
        var relabelled = stored with { MasterKeyFingerprint = other.Fingerprint };
        Assert.Equal(
            SealedKeyFault.Altered,
            Assert.Throws<SealedKeyException>(() => new KeySealer(other).Open(relabelled, A, KeyPurpose.CodeSigning)).Fault);
    }

    [Fact]
    public void Rewrapped_record_opens_under_the_next_master_key_only()
    {
        var bytes = new byte[32];
        bytes[9] = 9;
        using var next = MasterKey.FromBytes(bytes);

        var rewrapped = _sealer.Rewrap(Seal(A), next);

        using var opened = new KeySealer(next).Open(rewrapped, A, KeyPurpose.CodeSigning);
        Assert.Equal(Plain, opened.Span.ToArray());
        Assert.Equal(
            SealedKeyFault.OtherMasterKey,
            Assert.Throws<SealedKeyException>(() => _sealer.Open(rewrapped, A, KeyPurpose.CodeSigning)).Fault);
    }

    [Fact]
    public void Unopenable_record_reveals_no_secret()
    {
        var altered = Seal(A).ToBytes();
        altered[^1] ^= 1;

        var refusal = Assert.Throws<SealedKeyException>(() => Open(altered, A));

        Assert.Null(refusal.InnerException);
        Assert.Equal("The record of CodeSigning key key_a version 1 was altered in the store: restore it from a backup.", refusal.Message);
    }

    /// <summary>
    /// This record was written by format 1, by another program from the format's description. If the test fails, stores in the field can no longer be read: add a format,
    /// do not change this one.
    /// </summary>
    [Fact]
    public void Record_of_format_1_still_opens()
    {
        const string Stored =
            "Q1NLAQAFa2V5X2EAAAABAQQ7Hj4S4Vw0W7oYeVkT8qZQDffvTCF2ajJk0RTftFRRwnRnQrbTCW8XFt5RN5htfdWKzzjbni"
            + "oshvGfBu165zCEhuO/urWAq4pzvLE3X6avpiXzWMeWy53AAAAADhSsD/hviE/1iEDcTCFkJRzuAhT2aXUZX2e5AV65vg==";

        using var opened = Open(Convert.FromBase64String(Stored), A);

        Assert.Equal(Plain, opened.Span.ToArray());
    }

    /// <summary>Records hold these numbers: a purpose may be added, never renumbered.</summary>
    [Fact]
    public void Purposes_keep_their_numbers() =>
        Assert.Equal(
            ["CodeSigning=1", "CertificateAuthority=2", "Ledger=3", "StateRows=4", "Answers=5", "ClusterAuthority=6", "MasterKey=7"],
            Enum.GetValues<KeyPurpose>().Select(purpose => $"{purpose}={(int)purpose}"));

    private SealedKey Seal(KeyReference reference) =>
        _sealer.Seal(reference, KeyPurpose.CodeSigning, KeyAlgorithm.EcP256, Plain);

    private SecretBytes Open(byte[] stored, KeyReference reference) =>
        _sealer.Open(SealedKey.FromBytes(stored), reference, KeyPurpose.CodeSigning);
}
