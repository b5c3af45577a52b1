using System.Text.Unicode;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// Validates elements. Text that is not Unicode (lone surrogates, broken UTF-8) or contains NUL would be stored
/// differently than hashed, or be accepted by only one database.
/// </summary>
internal static class ElementRules
{
    private const int MaxText = 2048;
    private const int MaxBinary = 8192;

    /// <exception cref="ArgumentException">The element is invalid; the message says why.</exception>
    public static void Check(LedgerElement element)
    {
        foreach (var version in element.ReadSet)
        {
            CheckText(version.Type, version.Id);
        }

        var written = new HashSet<(string, string)>();
        foreach (var write in element.Writes)
        {
            CheckWrite(write);
            if (!written.Add((write.Type, write.Id)))
            {
                throw new ArgumentException($"The element writes {write.Type}/{write.Id} twice.", nameof(element));
            }
        }

        if (element.Use is { } use && (element.Entry is null || use.GrantId != element.Entry.GrantId))
        {
            throw new ArgumentException("The element takes a use of a grant that its entry does not name.", nameof(element));
        }

        if (element.Answer is { } answer)
        {
            CheckText(answer.Caller, answer.Scope, answer.Key);
        }

        var counted = new HashSet<string>();
        foreach (var counter in element.Counters)
        {
            CheckText(counter.Id);
            if (!counted.Add(counter.Id))
            {
                throw new ArgumentException($"The element counts {counter.Id} twice.", nameof(element));
            }
        }
    }

    /// <exception cref="ArgumentException">The element is invalid; the message says why.</exception>
    public static void Check(EntryDraft draft)
    {
        CheckText(draft.OperationId, draft.Code, draft.Actor.Id, draft.Actor.Name, draft.Address, draft.SignerId, draft.SignerName);
        CheckText(draft.CertificateSerial, draft.SigningAlgorithm, draft.GrantId, draft.Action, draft.Subject);
        CheckBinary(draft.Data, MaxBinary);
        CheckBinary(draft.Signature, MaxBinary);
        CheckBinary(draft.Changes, Entries.EntryFront.MaxChanges);
        if (draft.Changes is { } changes && (!Utf8.IsValid(changes.Span) || changes.Span is not [(byte)'{', ..]))
        {
            throw new ArgumentException("The entry's changes are invalid: expected a JSON object in UTF-8.", nameof(draft));
        }

        if (draft.ClientMetadata is { } metadata)
        {
            foreach (var (name, value) in metadata)
            {
                CheckText(name, value);
            }
        }
    }

    private static void CheckWrite(StateWrite write)
    {
        CheckText(write.Type, write.Id, write.Index.Name, write.Index.Parent, write.Index.Status);
        ArgumentOutOfRangeException.ThrowIfNegative(write.ExpectedVersion, nameof(write));
        if (write.Content is null && write.ExpectedVersion == 0)
        {
            throw new ArgumentException($"The state {write.Type}/{write.Id} cannot be deleted: it does not exist.", nameof(write));
        }

        if (write.Content is { } content && (content.IsEmpty || !Utf8.IsValid(content.Span) || content.Span.Contains((byte)0)))
        {
            throw new ArgumentException($"The content of {write.Type}/{write.Id} is not JSON in UTF-8.", nameof(write));
        }

        if (!write.Index.Links.IsDefaultOrEmpty)
        {
            CheckText(write.Index.Links.AsSpan());
        }
    }

    private static void CheckBinary(ReadOnlyMemory<byte>? bytes, int max)
    {
        if (bytes is { } given && given.Length > max)
        {
            throw new ArgumentException($"The entry has a member longer than {max} bytes.", nameof(bytes));
        }
    }

    private static void CheckText(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (text is not null && (text.Length > MaxText || text.Contains('\0') || !IsUnicode(text)))
            {
                throw new ArgumentException("The element has a text that is too long, contains NUL, or is not Unicode.", nameof(texts));
            }
        }
    }

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }
}
