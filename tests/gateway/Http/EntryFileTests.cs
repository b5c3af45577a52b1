using System.Text;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Ledger;
using Microsoft.AspNetCore.Http;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>How a file of entries is read and written.</summary>
public sealed class EntryFileTests
{
    private const string Text = """
        {"operationId":"op_1","kind":"sign","at":"2026-11-26T12:00:00.000Z","outcome":"success","actor":{"kind":"user","id":"usr_1","name":"=HYPERLINK(\"x\")"},"stream":"str_1","number":1,"previousHash":"","hash":""}
        """;

    [Fact]
    public async Task Pages_follow_each_other_to_the_last()
    {
        List<string?> read = [];
        var file = await EntryFile.BeginAsync("activity", EntryFileFormat.JsonLines, before =>
        {
            read.Add(before);
            return Task.FromResult(new EntryPage([Entry(), Entry()], read.Count < 3 ? $"op_{read.Count}" : null));
        });
        var (http, body) = Request();
        await file.ExecuteAsync(http);

        Assert.Equal([null, "op_1", "op_2"], read);
        Assert.Equal(string.Concat(Enumerable.Repeat(Text + "\n", 6)), Encoding.UTF8.GetString(body.ToArray()));
        Assert.Equal("attachment; filename=\"activity.jsonl\"", http.Response.Headers.ContentDisposition);
    }

    [Fact]
    public async Task Nothing_is_read_after_the_client_has_gone()
    {
        using CancellationTokenSource gone = new();
        var pages = 0;
        var file = await EntryFile.BeginAsync("activity", EntryFileFormat.Csv, async _ =>
        {
            if (++pages == 2)
            {
                await gone.CancelAsync();
            }

            return new EntryPage([Entry()], "op_1");
        });
        var (http, _) = Request();
        http.RequestAborted = gone.Token;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => file.ExecuteAsync(http));
        Assert.Equal(2, pages);
    }

    [Fact]
    public async Task Name_that_begins_a_formula_is_neutralized()
    {
        var file = await EntryFile.BeginAsync("activity", EntryFileFormat.Csv, _ => Task.FromResult(new EntryPage([Entry()], null)));
        var (http, body) = Request();
        await file.ExecuteAsync(http);

        Assert.Contains(",usr_1,\"'=HYPERLINK(\"\"x\"\")\",", Encoding.UTF8.GetString(body.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("a=b", "a=b")]
    [InlineData(null, "")]
    public void Cells_are_no_formulas_and_quoted_where_needed(string? text, string cell) => Assert.Equal(cell, EntryCsv.CellOf(text));

    private static LedgerEntry Entry() => new("op_1", "sgn_1", "usr_1", "str_1", 1, Text);

    private static (HttpContext Http, MemoryStream Body) Request()
    {
        MemoryStream body = new();
        DefaultHttpContext http = new();
        http.Response.Body = body;
        return (http, body);
    }
}
