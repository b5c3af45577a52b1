namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>Writes the signed head of a batch: up to this entry, the stream is as its writer wrote it.</summary>
internal static class HeadText
{
    public static string Sign(string stream, long number, ReadOnlySpan<byte> hash, string at, bool closing, ILedgerKey key) =>
        SignedText.Sign(
            $"{{\"kind\":\"head\",\"stream\":\"{stream}\",\"number\":{number},\"hash\":\"{Convert.ToHexStringLower(hash)}\","
            + $"\"at\":\"{at}\"{(closing ? ",\"closing\":true" : "")}",
            key);
}
