using System.Text.Json;

namespace CodeSigning.Gateway.Tests.Docs;

/// <summary>A check that finds nothing is worth something only if it would.</summary>
public sealed class SchemaMistakesTests
{
    private const string Schemas =
        """
        {
          "Thing": {
            "type": "object",
            "required": ["id"],
            "properties": {
              "id": {"type": "string"},
              "count": {"type": ["null", "integer"]},
              "at": {"type": "string", "format": "date-time"},
              "data": {"type": "string", "format": "byte"},
              "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
              "status": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Status"}]},
              "labels": {"type": "object", "additionalProperties": {"type": "string"}},
              "anything": {"description": "Whatever it is."}
            }
          },
          "Status": {"type": "string", "enum": ["active", "disabled"]}
        }
        """;

    [Theory]
    [InlineData("""{"id": "a"}""")]
    [InlineData("""{"id": "a", "count": 3, "at": "2026-01-31T12:00:00Z", "data": "AAE=", "status": "active"}""")]
    [InlineData("""{"id": "a", "count": null, "status": null, "parts": [{"id": "b"}], "labels": {"x": "y"}, "anything": {"x": [1]}}""")]
    public void Value_that_fits_the_schema_has_no_mistake(string value) => Assert.Empty(Find(value));

    [Theory]
    [InlineData("""[]""", "$ is Array")]
    [InlineData("""{}""", "$.id is missing")]
    [InlineData("""{"id": 1}""", "$.id is Number")]
    [InlineData("""{"id": "a", "count": 1.5}""", "$.count is Number")]
    [InlineData("""{"id": "a", "at": "yesterday"}""", "$.at is yesterday")]
    [InlineData("""{"id": "a", "data": "?"}""", "$.data is ?")]
    [InlineData("""{"id": "a", "parts": [{"id": "b"}, {}]}""", "$.parts[1].id is missing")]
    [InlineData("""{"id": "a", "status": "lost"}""", "$.status is not one of its choices")]
    [InlineData("""{"id": "a", "labels": {"x": 1}}""", "$.labels.x is Number")]
    [InlineData("""{"id": "a", "other": 1}""", "$.other is not described")]
    public void Mistake_against_the_schema_is_found_at_its_place(string value, string mistake) =>
        Assert.StartsWith(mistake, Find(value).First(), StringComparison.Ordinal);

    private static List<string> Find(string value)
    {
        var schemas = JsonElement.Parse(Schemas);
        return [.. new SchemaMistakes(schemas).Find(JsonElement.Parse(value), schemas.GetProperty("Thing"))];
    }
}
