namespace CodeSigning.Certificates;

/// <summary>
/// The state of a certificate's key (NIST SP 800-57 part 1, section 7). Written as <c>active</c>, <c>suspended</c>,
/// <c>compromised</c> and <c>destroyed</c>. Values are stored: never renumber or reuse them.
/// </summary>
public enum KeyState
{
    /// <summary>It may sign.</summary>
    Active = 1,

    /// <summary>It signs nothing until it is active again.</summary>
    Suspended = 2,

    /// <summary>Others may have it. It never signs again.</summary>
    Compromised = 3,

    /// <summary>It is gone from the store, or from its HSM.</summary>
    Destroyed = 4,
}

/// <summary>The body that changes the state of a key: between active and suspended, or to compromised for good.</summary>
/// <param name="State">The new state; <c>destroyed</c> takes two administrators and calls of its own.</param>
public sealed record ChangeKeyState(KeyState State);

/// <summary>The body that asks for the destruction of a key.</summary>
/// <param name="Reason">Why, 1 to 256 characters; it stands in the ledger.</param>
public sealed record RequestKeyDestruction(string Reason);

/// <summary>A destruction that a second administrator has not confirmed yet.</summary>
/// <param name="RequestedAt">When it was asked for (UTC).</param>
/// <param name="RequestedBy">The id of the administrator who asked.</param>
/// <param name="Reason">Why.</param>
public sealed record KeyDestructionView(DateTimeOffset RequestedAt, string RequestedBy, string Reason);
