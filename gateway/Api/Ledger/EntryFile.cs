using System.Buffers;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Ledger;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>The formats of a file of entries.</summary>
internal enum EntryFileFormat
{
    /// <summary>An entry a line, as the exact text of its hash.</summary>
    JsonLines,

    /// <summary>RFC 4180, with a line of names first.</summary>
    Csv,
}

/// <summary>
/// A file of the entries of a list, newest first. It is read page by page as the client takes it, so it needs the memory of one
/// page; each page is read with the checks of the list, and none after the client has gone. An export that cannot go on ends
/// without the end of its answer, which clients report as a broken download.
/// </summary>
internal sealed class EntryFile : IResult
{
    /// <summary>How many entries are read at once.</summary>
    public const int EntriesAtOnce = 500;

    private readonly string _name;
    private readonly EntryFileFormat _format;
    private readonly EntryPage _first;
    private readonly Func<string?, Task<EntryPage>> _read;

    private EntryFile(string name, EntryFileFormat format, EntryPage first, Func<string?, Task<EntryPage>> read) =>
        (_name, _format, _first, _read) = (name, format, first, read);

    /// <summary>Reads the first page, so that a refusal is the answer.</summary>
    /// <param name="name">The file's name without its ending.</param>
    /// <param name="format">The format.</param>
    /// <param name="read">Reads the page after an operation id; the first page after null.</param>
    public static async Task<EntryFile> BeginAsync(string name, EntryFileFormat format, Func<string?, Task<EntryPage>> read) =>
        new(name, format, await read(null), read);

    /// <summary>A format; JSON Lines if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static EntryFileFormat ParseFormat(string? word) => word switch
    {
        null or "jsonl" => EntryFileFormat.JsonLines,
        "csv" => EntryFileFormat.Csv,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, "The parameter 'format' is invalid: expected jsonl or csv."),
    };

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var (type, ending) = _format == EntryFileFormat.Csv ? ("text/csv; charset=utf-8", "csv") : ("application/jsonl", "jsonl");
        response.ContentType = type;
        response.Headers.ContentDisposition = $"attachment; filename=\"{_name}.{ending}\"";
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (_format == EntryFileFormat.Csv)
        {
            EntryCsv.WriteNames(response.BodyWriter);
        }

        for (var page = _first; ; page = await _read(page.Next))
        {
            foreach (var entry in page.Entries)
            {
                Write(response.BodyWriter, entry);
            }

            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
            httpContext.RequestAborted.ThrowIfCancellationRequested();
            if (page.Next is null)
            {
                return;
            }
        }
    }

    private void Write(IBufferWriter<byte> file, LedgerEntry entry)
    {
        if (_format == EntryFileFormat.Csv)
        {
            EntryCsv.Write(file, EntryBody.Read(entry));
        }
        else
        {
            Encoding.UTF8.GetBytes(entry.Json, file);
            file.Write("\n"u8);
        }
    }
}
