using System.Data.Common;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Export;

/// <summary>An entry as its row holds it: the text, and the columns that lists filter by.</summary>
internal sealed record EntryRow(
    long Number, string OperationId, long AtMs, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId,
    long? Use, byte[] Text)
{
    public static EntryRow Map(DbDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetString(1),
        reader.GetInt64(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetText(5),
        reader.GetString(6),
        reader.GetText(7),
        reader.IsDBNull(8) ? null : reader.GetInt64(8),
        reader.GetFieldValue<byte[]>(9));
}
