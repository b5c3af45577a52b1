using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Who a person is at an identity provider (OpenID Connect Core 1.0, section 5.7): the issuer and the subject alone. An
/// address may pass to somebody else, and a provider may let people choose one.
/// </summary>
/// <param name="Issuer">The provider's issuer identifier.</param>
/// <param name="Subject">The subject, unique and never reassigned within the issuer.</param>
public sealed record ExternalIdentity(string Issuer, string Subject)
{
    /// <summary>The id of the row that says which person it is.</summary>
    internal string RowId => UsedValue.Hash(Issuer, Subject);
}

/// <summary>Which person an identity at a provider is. The person's own row names the identity too.</summary>
internal sealed record ExternalIdentityState : IIndexedState
{
    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public required string UserId { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}

/// <summary>The row that goes with a person of an identity provider.</summary>
internal static class ExternalIdentityRows
{
    /// <summary>The writes that remove it: whoever signs in as that identity afterwards is another person.</summary>
    public static async Task<ImmutableArray<StateWrite>> RemoveAsync(
        IStateStore store, UserState user, CancellationToken cancellationToken) =>
        user.External is { } external
        && await store.FindAsync<ExternalIdentityState>(StateTypes.ExternalIdentity, external.RowId, cancellationToken) is { } row
            ? [row.Remove()]
            : [];
}

/// <summary>
/// A value that counts once: the row is written in the commit of its use, so that of two uses at the same time, on any
/// nodes, one is refused. It is removed once the value has expired anyway.
/// </summary>
/// <param name="ExpiresAt">When the value has expired (UTC).</param>
internal sealed record UsedValueState(DateTimeOffset ExpiresAt) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Until: ExpiresAt);
}

/// <summary>Values that count once.</summary>
internal static class UsedValue
{
    /// <summary>The write that uses a value up; the commit refuses it if it was used before.</summary>
    /// <param name="kind">What the value is, such as <c>nonce</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiresAt">When it has expired anyway (UTC).</param>
    public static StateWrite Use(string kind, string value, DateTimeOffset expiresAt) =>
        StateWrite.New(StateTypes.UsedValue, Hash(kind, value), new UsedValueState(expiresAt));

    /// <summary>Whether a value was used before.</summary>
    public static async Task<bool> WasUsedAsync(IStateStore store, string kind, string value, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.UsedValue, Hash(kind, value), cancellationToken) is not null;

    /// <summary>An id for two texts: 128 bits of SHA-256, lower-case hex.</summary>
    public static string Hash(string first, string second)
    {
        var text = Encoding.UTF8.GetBytes(first);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        return Convert.ToHexStringLower(SHA256.HashData([.. length, .. text, .. Encoding.UTF8.GetBytes(second)])[..16]);
    }
}
