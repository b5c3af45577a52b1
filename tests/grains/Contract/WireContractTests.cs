using System.Reflection;
using Xunit;

namespace CodeSigning.Grains.Tests.Contract;

/// <summary>While a cluster is upgraded, nodes of two versions call each other.</summary>
public sealed class WireContractTests
{
    private const string File = "tests/grains/Contract/messages.txt";

    [Fact]
    public void Nodes_of_another_version_understand_every_message()
    {
        var code = WireMessages.Describe();
        var committed = ReadCommitted();
        var gone = committed.Except(code).Select(line =>
            $"'{line}' is in {File} but not in the code, and a node of the version before still sends it: put it back, and give what is new a member id, an alias or a number of its own.");
        var added = code.Except(committed).Select(line =>
            $"'{line}' is in the code but not in {File}: add the line if it is new, and undo the change if another line stood in its place.");
        var mistakes = string.Join('\n', gone.Concat(added));
        Assert.True(mistakes.Length == 0, mistakes);
        Assert.Equal(committed.Order(StringComparer.Ordinal), committed);
    }

    [Fact]
    public void Every_serialized_type_is_used_by_a_call() =>
        Assert.Empty(WireMessages.Types.Except(WireMessages.Carried()));

    [Fact]
    public void Every_message_has_a_unique_alias()
    {
        Assert.All(
            WireMessages.Types.Concat(WireMessages.Grains),
            type => Assert.StartsWith("codesigning.", WireMessages.AliasOf(type), StringComparison.Ordinal));
        var aliases = WireMessages.Types.Concat(WireMessages.Grains).Select(WireMessages.AliasOf).ToArray();
        Assert.Equal(aliases.Distinct(), aliases);
    }

    [Fact]
    public void Every_grain_method_has_a_unique_alias() => Assert.All(WireMessages.Grains, type =>
    {
        var aliases = type.GetMethods().Select(WireMessages.AliasOf).ToArray();
        Assert.All(aliases, Assert.NotNull);
        Assert.Equal(aliases.Distinct(), aliases);
    });

    [Fact]
    public void Every_message_member_has_a_unique_id() => Assert.All(WireMessages.Types, type =>
    {
        var ids = WireMessages.MembersOf(type).Select(pair => pair.Id).ToArray();
        Assert.Equal(ids.Distinct(), ids);
        var members = WireMessages.MembersOf(type).Select(pair => pair.Member).ToArray();
        Assert.All(
            type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Where(property => property.SetMethod is not null),
            property => Assert.Contains(property, members));
    });

    private static string[] ReadCommitted()
    {
        using var stream = typeof(WireContractTests).Assembly.GetManifestResourceStream("messages.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
