using System.Text.Json.Nodes;

namespace CodeSigning.Stores.Tests;

/// <summary>What the server answered.</summary>
internal sealed record Answer(string Call, int Status, string Body)
{
    public JsonNode Json => JsonNode.Parse(Succeeded().Body)!;

    public string Text(string member) => Json[member]?.GetValue<string>() ?? throw new InvalidOperationException($"There is no {member} in {Body}");

    public Answer Succeeded()
    {
        Assert.True(Status is >= 200 and < 300, $"{Call} answered {Status}: {Body}");
        return this;
    }

    public void Refused(string code)
    {
        Assert.True(Status >= 400, $"{Call} was not refused: {Body}");
        Assert.Equal(code, JsonNode.Parse(Body)!["code"]!.GetValue<string>());
    }
}
