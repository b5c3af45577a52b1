using System.Text.Json.Nodes;

namespace CodeSigning.Stores.Tests;

public sealed class ReadingTests
{
    // What the tests themselves change: they sign in.
    private static readonly HashSet<string> Moving = ["lastLoginAt"];

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Every_stored_object_is_read_as_written(string commit, string database)
    {
        await using var store = await OpenStore.OpenAsync(new Fixture(commit, database));
        var administrator = await store.AsAsync("administrator");

        foreach (var (path, then) in JsonNode.Parse(store.Fixture.Read("answers.json"))!.AsObject())
        {
            Compare(path, then!, (await administrator.GetAsync(path)).Json);
        }
    }

    /// <summary>Answers may have gained members, and lost none.</summary>
    private static void Compare(string place, JsonNode? then, JsonNode? now)
    {
        switch (then)
        {
            case JsonObject members:
                foreach (var (name, value) in members.Where(member => !Moving.Contains(member.Key)))
                {
                    Compare($"{place} {name}", value, (now as JsonObject)?[name]);
                }

                break;
            case JsonArray items:
                Assert.True((now as JsonArray)?.Count == items.Count, $"{place} has other items: {now?.ToJsonString()}");
                for (var i = 0; i < items.Count; i++)
                {
                    Compare($"{place} {i}", items[i], now![i]);
                }

                break;
            default:
                Assert.True(JsonNode.DeepEquals(then, now), $"{place} was {then?.ToJsonString()} and is {now?.ToJsonString()}");
                break;
        }
    }
}
