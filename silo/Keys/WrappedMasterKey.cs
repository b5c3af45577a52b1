using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodeSigning.Contract;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A master key encrypted by a key that never leaves an HSM (AES-256-GCM); the content of a master key's file. Nothing in it
/// is secret. The label of the wrapping key and the fingerprint are authenticated with the key.
/// </summary>
public sealed record WrappedMasterKey
{
    /// <summary>The only mechanism so far, as PKCS#11 names it.</summary>
    public const string AesGcm = "CKM_AES_GCM";

    private const int CurrentVersion = 1;
    private const int LongestLabel = 64;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        WriteIndented = true,
    };

    /// <summary>The version of the format, which is 1.</summary>
    [JsonPropertyName("wrappedMasterKey")]
    public int Version { get; init; }

    /// <summary>The name of the HSM in the settings.</summary>
    public required string Hsm { get; init; }

    /// <summary>The label of the wrapping key in the token.</summary>
    public required string WrappingKey { get; init; }

    /// <summary>How it was encrypted.</summary>
    public required string Mechanism { get; init; }

    /// <summary>The fingerprint of the master key (<see cref="MasterKey.Fingerprint"/>).</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The nonce, 12 bytes.</summary>
    public required byte[] Nonce { get; init; }

    /// <summary>The encrypted 32 bytes and the tag of 16.</summary>
    public required byte[] Ciphertext { get; init; }

    /// <summary>What is authenticated with the key and not encrypted.</summary>
    [JsonIgnore]
    public byte[] AssociatedData => AssociatedDataOf(WrappingKey, Fingerprint);

    /// <summary>The result of a wrapping by AES-GCM.</summary>
    public static WrappedMasterKey ByAesGcm(string hsm, string wrappingKey, string fingerprint, byte[] nonce, byte[] ciphertext) => new()
    {
        Version = CurrentVersion,
        Hsm = hsm,
        WrappingKey = wrappingKey,
        Mechanism = AesGcm,
        Fingerprint = fingerprint,
        Nonce = nonce,
        Ciphertext = ciphertext,
    };

    /// <summary>What a wrapping authenticates besides the key.</summary>
    public static byte[] AssociatedDataOf(string wrappingKey, string fingerprint) =>
        Encoding.UTF8.GetBytes($"codesigning wrapped master key {CurrentVersion}\n{wrappingKey}\n{fingerprint}");

    /// <summary>Whether a label can be that of a wrapping key: 1 to 64 characters, none of them a control character.</summary>
    public static bool IsLabel(string? label) =>
        !string.IsNullOrWhiteSpace(label) && label.Length <= LongestLabel && !label.Any(char.IsControl);

    /// <summary>Whether the content of a master key's file looks like a wrapped one: JSON, which base64 never does.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> content) => PastedText.Trim(content) is [(byte)'{', ..];

    /// <summary>Reads one.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(ReadOnlySpan<byte> content, [NotNullWhen(true)] out WrappedMasterKey? wrapped)
    {
        try
        {
            wrapped = JsonSerializer.Deserialize<WrappedMasterKey>(PastedText.Trim(content), Format);
        }
        catch (JsonException)
        {
            wrapped = null;
        }

        if (wrapped is { Version: CurrentVersion, Mechanism: AesGcm, Hsm: not null, Fingerprint: not null, Nonce: not null, Ciphertext: not null }
            && IsLabel(wrapped.WrappingKey))
        {
            return true;
        }

        wrapped = null;
        return false;
    }

    /// <summary>The content of the file, UTF-8 with a line end.</summary>
    public byte[] ToFile() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Format), (byte)'\n'];
}
