using System.Text;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// Writes the first line of an export. It is signed, so that nobody can pass off a part as the whole, nor cut an export
/// short.
/// </summary>
internal static class ExportText
{
    public static string Sign(
        long atMs, DateTimeOffset? from, DateTimeOffset? to, (long First, long Last) checkpoints, IEnumerable<StreamEnd> ends, ILedgerKey key)
    {
        StringBuilder text = new("{\"kind\":\"export\",\"version\":1");
        Append("at", LedgerTime.ToTime(atMs));
        Append("from", from);
        Append("to", to);
        if (checkpoints.Last >= checkpoints.First)
        {
            text.Append(",\"checkpoints\":{\"first\":").Append(checkpoints.First).Append(",\"last\":").Append(checkpoints.Last).Append('}');
        }

        text.Append(",\"heads\":[");
        CheckpointText.AppendHeads(text, ends);
        return SignedText.Sign(text.Append(']').ToString(), key);

        void Append(string name, DateTimeOffset? time)
        {
            if (time is { } given)
            {
                text.Append(",\"").Append(name).Append("\":\"").Append(LedgerTime.ToText(LedgerTime.ToMilliseconds(given))).Append('"');
            }
        }
    }
}
