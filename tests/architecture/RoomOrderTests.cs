using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace CodeSigning.Architecture.Tests;

/// <summary>
/// The rooms of each project, a namespace each, stand in one order, and types look downwards alone. The order is read from
/// docs/architecture.md, so that what is written there is what holds.
/// </summary>
public sealed class RoomOrderTests
{
    private static readonly Project[] Projects =
    [
        new("grain-interfaces", "CodeSigning.GrainInterfaces", "CodeSigning"),
        new("grains", "CodeSigning.Grains", "CodeSigning.Grains"),
        new("silo", "silo", "CodeSigning.Silo"),
        new("gateway", "gateway", "CodeSigning.Gateway"),
    ];

    private static readonly ArchUnitNET.Domain.Architecture House = new ArchLoader()
        .LoadAssemblies([.. Projects.Select(project => System.Reflection.Assembly.Load(project.Assembly))])
        .Build();

    public static TheoryData<string> Folders => [.. Projects.Select(project => project.Folder)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_room_has_a_place_in_the_order(string folder)
    {
        var rooms = House.Types.Select(type => RoomOf(folder, type)).OfType<string>().ToHashSet();
        Assert.Equal(rooms.Order(StringComparer.Ordinal), ReadOrder(folder).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void No_room_uses_a_room_above_it(string folder)
    {
        var upward = FindUpward(folder, ReadOrder(folder));
        Assert.True(upward.Length == 0, string.Join(Environment.NewLine, upward));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Use_of_a_higher_room_is_found(string folder)
    {
        // A room that another one uses, put above it.
        var order = ReadOrder(folder);
        order.Reverse();
        Assert.NotEmpty(FindUpward(folder, order));
    }

    private static string[] FindUpward(string folder, List<string> order)
    {
        var upward =
            from type in House.Types
            let room = RoomOf(folder, type)
            where room is not null
            from dependency in type.Dependencies
            let other = RoomOf(folder, dependency.Target)
            where other is not null && order.IndexOf(other) > order.IndexOf(room)
            select $"{room} -> {other}: {type.Name} -> {dependency.Target.Name}";
        return [.. upward.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The rooms of a project from the lowest to the highest: the line of architecture.md that begins with its folder.</summary>
    private static List<string> ReadOrder(string folder)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "architecture.md"));
        var line = Regex.Match(text, $"^{folder}: (.+)$", RegexOptions.Multiline);
        Assert.True(line.Success, $"docs/architecture.md has no line '{folder}: ...' with the order of its rooms.");
        return [.. line.Groups[1].Value.Split(" < ", StringSplitOptions.TrimEntries)];
    }

    /// <summary>The room of a type; null where it belongs to another project, or is a project's root.</summary>
    private static string? RoomOf(string folder, IType type)
    {
        var space = type.Namespace?.FullName ?? "";
        var owner = Projects.Last(project => space == project.Root || space.StartsWith(project.Root + ".", StringComparison.Ordinal)
            || project.Root == "CodeSigning");
        return owner.Folder == folder && space.StartsWith(owner.Root + ".", StringComparison.Ordinal)
            ? space[(owner.Root.Length + 1)..]
            : null;
    }

    private sealed record Project(string Folder, string Assembly, string Root);
}
