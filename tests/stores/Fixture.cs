using System.Text.Json.Nodes;

namespace CodeSigning.Stores.Tests;

/// <summary>A store as the server of a commit left it, and what belongs to it. <c>tests/stores/make</c> made it.</summary>
internal sealed class Fixture
{
    private readonly string _folder;

    public Fixture(string commit, string database)
    {
        Database = database;
        _folder = System.IO.Path.Combine(AppContext.BaseDirectory, commit, database);
        Secrets = JsonNode.Parse(Read("secrets.json"))!.AsObject();
    }

    /// <summary>Commit and database of each fixture, for theories.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var sql in Directory.GetFiles(AppContext.BaseDirectory, "store.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                var folder = new FileInfo(sql).Directory!;
                all.Add(folder.Parent!.Name, folder.Name);
            }

            return all;
        }
    }

    /// <summary><c>sqlite</c> or <c>postgresql</c>.</summary>
    public string Database { get; }

    /// <summary>Passwords, client secrets, and the names and ids that the tests ask for.</summary>
    public JsonObject Secrets { get; }

    public string Path(string file) => System.IO.Path.Combine(_folder, file);

    public string Read(string file) => File.ReadAllText(Path(file));

    /// <summary>A text of the secrets, by its path.</summary>
    public string Text(params string[] path) =>
        path.Aggregate((JsonNode)Secrets, (node, name) => node[name] ?? throw new KeyNotFoundException(string.Join('.', path)))
            .GetValue<string>();

    /// <summary>Names with a text each.</summary>
    public IEnumerable<(string Name, string Value)> Pairs(string name) =>
        Secrets[name]!.AsObject().Select(pair => (pair.Key, pair.Value!.GetValue<string>()));

    /// <summary>A list of texts.</summary>
    public IEnumerable<string> List(string name) => Secrets[name]!.AsArray().Select(item => item!.GetValue<string>());
}
