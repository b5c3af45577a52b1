using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace CodeSigning.Architecture.Tests;

/// <summary>A test's name is a sentence of at most ten words, the parts between its underscores. The names are read from the sources.</summary>
public sealed class TestNameTests
{
    private const int MostWords = 10;
    private const string Attribute = @"^ *\[(?:Fact|Theory)\b";
    private static readonly Regex Attributes = new(Attribute, RegexOptions.Multiline);
    private static readonly Regex Methods = new(Attribute + @".*?^ *public [^(\n]*?(\w+)\(", RegexOptions.Multiline | RegexOptions.Singleline);
    private static readonly Regex CTests = new(@"^ *RUN\((\w+)\);", RegexOptions.Multiline);

    [Fact]
    public void Every_test_name_has_at_most_ten_words()
    {
        var names = Read("*.cs").SelectMany(source => NamesIn(source, Methods));
        AssertShort(names);
    }

    [Fact]
    public void Every_native_test_name_has_at_most_ten_words()
    {
        var names = Read("*.c").SelectMany(source => NamesIn(source, CTests));
        AssertShort(names);
    }

    [Fact]
    public void Every_test_attribute_leads_to_a_name() => Assert.All(
        Read("*.cs"), source => Assert.Equal(Attributes.Count(source), Methods.Count(source)));

    [Fact]
    public void Name_of_eleven_words_is_too_long() =>
        Assert.Equal(["A_b_c_d_e_f_g_h_i_j_k (11)"], FindTooLong(["A_b_c_d_e_f_g_h_i_j", "A_b_c_d_e_f_g_h_i_j_k"]));

    private static void AssertShort(IEnumerable<string> names)
    {
        var all = names.ToArray();
        Assert.NotEmpty(all);
        var tooLong = FindTooLong(all);
        Assert.True(tooLong.Length == 0, string.Join(Environment.NewLine, tooLong));
    }

    private static string[] FindTooLong(IEnumerable<string> names) =>
    [
        .. from name in names
           let words = name.Split('_').Length
           where words > MostWords
           select $"{name} ({words})",
    ];

    private static IEnumerable<string> NamesIn(string source, Regex tests) => tests.Matches(source).Select(test => test.Groups[1].Value);

    /// <summary>The sources under tests that match, without what a build made of them.</summary>
    private static IEnumerable<string> Read(string pattern, [CallerFilePath] string here = "")
    {
        var tests = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, ".."));
        return Directory.EnumerateFiles(tests, pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(tests, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(File.ReadAllText);
    }
}
