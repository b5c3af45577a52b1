namespace CodeSigning.Grains.States;

/// <summary>A stored row, or what must stand beside it, is not as this cluster left it: somebody wrote to the database.</summary>
[GenerateSerializer, Alias("codesigning.StateTampered")]
public sealed class StateTamperedException : Exception
{
    /// <summary>Names the row.</summary>
    public StateTamperedException(string type, string id)
        : base($"The stored {type} '{id}' was changed outside the service: its seal, or a column beside it, does not fit it. Restore it from a backup.") =>
        StateId = id;

    /// <summary>For serializers.</summary>
    public StateTamperedException()
    {
    }

    /// <summary>For serializers.</summary>
    public StateTamperedException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public StateTamperedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The row's id; null where the exception names no row.</summary>
    [Id(0)]
    public string? StateId { get; init; }
}
