namespace CodeSigning.Signers;

/// <summary>Whether a signer may sign. Written as <c>active</c>, <c>disabled</c> and <c>expired</c>.</summary>
public enum SignerStatus
{
    /// <summary>It may.</summary>
    Active = 1,

    /// <summary>It was switched off.</summary>
    Disabled = 2,

    /// <summary>Computed, never stored: its certificate's end has come.</summary>
    Expired = 3,
}
