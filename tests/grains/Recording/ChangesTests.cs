using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Recording;

/// <summary>What an entry records of a change: what changed, from what to what, in bounded length.</summary>
public sealed class ChangesTests
{
    [Fact]
    public void Only_the_fields_that_changed_are_recorded() => AssertJson(
        """{"name":{"from":"old","to":"new"}}""",
        Changes.Between(new { Name = "old", Description = "same" }, new { Name = "new", Description = "same" }));

    [Fact]
    public void Removed_value_is_recorded_as_null() => AssertJson(
        """{"description":{"from":"some","to":null}}""",
        Changes.Between(new { Description = "some" }, new { Description = (string?)null }));

    [Fact]
    public void Added_value_is_recorded_as_null_before() => AssertJson(
        """{"status":{"from":null,"to":"active"}}""", Changes.Between(new { }, new { Status = PrincipalStatus.Active }));

    [Fact]
    public void Created_object_is_recorded_without_old_values() => AssertJson(
        """{"name":{"to":"new"},"limit":{"to":3}}""", Changes.Making(new { Name = "new", Description = (string?)null, Limit = 3 }));

    [Fact]
    public void Deleted_object_is_recorded_without_new_values() => AssertJson("""{"name":{"from":"old"}}""", Changes.Deleting(new { Name = "old" }));

    [Fact]
    public void Lists_are_recorded_by_added_and_removed_items() => AssertJson(
        """{"tools":{"added":["c"],"removed":["a"]}}""",
        Changes.Between(new { Tools = new[] { "a", "b" } }, new { Tools = new[] { "b", "c" } }));

    [Fact]
    public void List_in_another_order_is_recorded_whole() => AssertJson(
        """{"tools":{"from":["a","b"],"to":["b","a"]}}""",
        Changes.Between(new { Tools = new[] { "a", "b" } }, new { Tools = new[] { "b", "a" } }));

    [Fact]
    public void Member_of_an_object_is_named_by_its_path() => AssertJson(
        """{"steps.2.required":{"from":1,"to":2}}""",
        Changes.Between(
            new { Steps = new Dictionary<string, object> { ["1"] = new { Required = 1 }, ["2"] = new { Required = 1 } } },
            new { Steps = new Dictionary<string, object> { ["1"] = new { Required = 1 }, ["2"] = new { Required = 2 } } }));

    [Fact]
    public void Pending_change_is_recorded_as_pending() => AssertJson(
        """{"pending":{"requestId":"req_1","changes":{"policy":{"from":"p","to":null}}}}""",
        Changes.None.Awaiting("req_1", Changes.None.Replacing("policy", "p", null)));

    [Fact]
    public void Unchanged_values_record_nothing()
    {
        Assert.True(Changes.Between(new { Name = "same", List = new[] { 1 } }, new { Name = "same", List = new[] { 1 } }).IsEmpty);
        Assert.True(Changes.None.Saying("reason", null).Adding("members").Removing("members").IsEmpty);
    }

    [Fact]
    public void Long_list_is_recorded_by_count_and_hash()
    {
        var list = Enumerable.Range(0, 1000).Select(number => $"item-{number}").ToArray();
        var kept = Parse(Changes.None.Adding("items", list)).GetProperty("items").GetProperty("added");
        Assert.Equal(1000, kept.GetProperty("count").GetInt32());
        Assert.Equal("item-0", kept.GetProperty("first")[0].GetString());
        Assert.Equal(Sha256(JsonSerializer.Serialize(list)), kept.GetProperty("sha256").GetString());
    }

    [Fact]
    public void Long_text_is_recorded_by_start_and_hash()
    {
        var text = new string('x', 100_000);
        var kept = Parse(Changes.None.Saying("reason", text)).GetProperty("reason").GetProperty("to");
        Assert.StartsWith("xxx", kept.GetProperty("start").GetString(), StringComparison.Ordinal);
        Assert.Equal(Sha256($"\"{text}\""), kept.GetProperty("sha256").GetString());
    }

    [Fact]
    public void Recorded_changes_have_a_bounded_length()
    {
        var texts = Enumerable.Range(0, 90).ToDictionary(number => $"text-{number}", _ => (object)new string('€', 2000));
        AssertBounded(Changes.Making(texts));
        AssertBounded(Changes.Making(Enumerable.Range(0, 50_000).ToDictionary(number => $"member-{number}", number => number)));
        AssertBounded(Changes.Making(new Dictionary<string, int> { [new string('n', 500_000)] = 1 }));
        AssertBounded(Changes.Making(new { Deep = Enumerable.Repeat(Enumerable.Repeat("value", 500).ToArray(), 500).ToArray() }));
    }

    [Fact]
    public void Long_pending_change_still_names_its_request()
    {
        var asked = Changes.Making(Enumerable.Range(0, 90).ToDictionary(number => $"text-{number}", _ => (object)new string('€', 2000)));
        var changes = Changes.Between(new { Text = "a" }, new { Text = new string('€', 2000) }).Awaiting("req_1", asked);
        AssertBounded(changes);
        Assert.Equal("req_1", Parse(changes).GetProperty("pending").GetProperty("requestId").GetString());
    }

    private static void AssertBounded(Changes changes)
    {
        Assert.InRange(changes.ToJson().Length, 2, Changes.MaxLength);
        Assert.Equal(JsonValueKind.Object, Parse(changes).ValueKind);
    }

    private static void AssertJson(string expected, Changes changes) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(changes.ToJson()));

    private static JsonElement Parse(Changes changes) => JsonDocument.Parse(changes.ToJson()).RootElement;

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
