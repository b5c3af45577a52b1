using System.Reflection;
using CodeSigning.Grains.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Tests.Contract;

/// <summary>
/// All that nodes say to each other, a line for each part that a node of another version must find as it was: members by their
/// ids, methods by their aliases, enum members by their numbers, grains by the type that stored reminders name.
/// </summary>
internal static class WireMessages
{
    private static readonly Assembly[] Assemblies = [typeof(ISignerGrain).Assembly, typeof(ILedger).Assembly];

    /// <summary>The types that can be serialised.</summary>
    public static IReadOnlyList<Type> Types { get; } =
        [.. Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))];

    /// <summary>The interfaces of grains.</summary>
    public static IReadOnlyList<Type> Grains { get; } =
        [.. Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))];

    /// <summary>The lines, in order: what grain calls carry there and back, and the exceptions that may come back.</summary>
    public static IReadOnlyList<string> Describe()
    {
        var carried = Carried();
        return
        [
            .. carried.Where(Types.Contains).SelectMany(DescribeType)
                .Concat(Grains.SelectMany(DescribeInterface))
                .Concat(carried.Where(type => type.IsEnum).SelectMany(DescribeEnum))
                .Concat(GrainClasses().Select(type => $"grain {TypeNameOf(type)} is {type.Name}"))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>All that a grain call, or an exception out of one, can hold.</summary>
    public static IReadOnlySet<Type> Carried()
    {
        var carried = new HashSet<Type>();
        foreach (var type in Grains.SelectMany(type => type.GetMethods()).SelectMany(TypesOf).Concat(Types.Where(IsException)))
        {
            Carry(type, carried);
        }

        return carried;
    }

    /// <summary>The members that are serialised, with their ids.</summary>
    public static IEnumerable<(uint Id, MemberInfo Member)> MembersOf(Type type) =>
        from member in type.GetMembers(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let id = member.GetCustomAttribute<IdAttribute>()
        where id is not null
        select (id.Id, member);

    /// <summary>A type's or a method's alias; null without.</summary>
    public static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;

    private static IEnumerable<string> DescribeType(Type type)
    {
        yield return type.BaseType is { } parent && Types.Contains(parent)
            ? $"type {NameOf(type)} is a {NameOf(parent)}"
            : $"type {NameOf(type)}";
        foreach (var (id, member) in MembersOf(type))
        {
            yield return $"type {NameOf(type)} member {id} {member.Name}: {NameOf(TypeOf(member))}";
        }
    }

    private static IEnumerable<string> DescribeInterface(Type type) =>
        from method in type.GetMethods()
        let parameters = string.Join(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType)))
        select $"interface {NameOf(type)} method {AliasOf(method) ?? method.Name}({parameters}): {NameOf(method.ReturnType)}";

    private static IEnumerable<string> DescribeEnum(Type type) =>
        from value in Enum.GetValues(type).Cast<Enum>()
        select $"enum {type.Name} {value} = {value:D}";

    private static bool IsException(Type type) => type.IsAssignableTo(typeof(Exception));

    private static IEnumerable<Type> TypesOf(MethodInfo method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType);

    /// <summary>Adds a type, its arguments, what derives from it, and what its members hold.</summary>
    private static void Carry(Type type, HashSet<Type> carried)
    {
        if (!carried.Add(type))
        {
            return;
        }

        var next = type.GenericTypeArguments
            .Concat(type.HasElementType ? [type.GetElementType()!] : [])
            .Concat(Types.Where(other => other.BaseType == type))
            .Concat(Types.Contains(type) ? MembersOf(type).Select(pair => TypeOf(pair.Member)) : []);
        foreach (var other in next)
        {
            Carry(other, carried);
        }
    }

    private static IEnumerable<Type> GrainClasses() => Assemblies
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.IsClass && !type.IsAbstract && type.IsAssignableTo(typeof(Grain)));

    /// <summary>The grain's type in ids that are stored, as Orleans derives it from a class.</summary>
    private static string TypeNameOf(Type type) => type.GetCustomAttribute<GrainTypeAttribute>() is { } given
        ? given.GetGrainType(null!, type).ToString()!
        : type.Name.ToLowerInvariant()[..^"grain".Length];

    private static Type TypeOf(MemberInfo member) =>
        member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType;

    private static string NameOf(Type type)
    {
        if (AliasOf(type) is { } alias)
        {
            return alias;
        }

        return type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GenericTypeArguments.Select(NameOf))}>"
            : type.Name;
    }
}
