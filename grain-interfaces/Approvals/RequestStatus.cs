namespace CodeSigning.Approvals;

/// <summary>Where a request stands. Written in camelCase.</summary>
public enum RequestStatus
{
    /// <summary>It waits for votes.</summary>
    Pending = 1,

    /// <summary>Every step was approved; what it asked for has been given.</summary>
    Approved = 2,

    /// <summary>Somebody rejected it.</summary>
    Rejected = 3,

    /// <summary>It waited for too long; computed from the clock, whether or not a timer has run.</summary>
    Expired = 4,

    /// <summary>It was taken back, or its signer was stopped or deleted.</summary>
    Cancelled = 5,
}
