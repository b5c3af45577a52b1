using CodeSigning.Contract;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>Times as the store keeps them: milliseconds since 1970 (UTC).</summary>
internal static class LedgerTime
{
    /// <summary>The time as entries, heads and checkpoints write it.</summary>
    public static string ToText(long milliseconds) => UtcTimeConverter.ToText(ToTime(milliseconds));

    public static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static long ToMilliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
