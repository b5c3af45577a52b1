using System.Collections;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>What a call is made with: a body, and ids for the parameters of its path.</summary>
internal sealed class Scene(object? body = null) : IEnumerable<KeyValuePair<string, string>>
{
    private readonly Dictionary<string, string> _ids = [];

    public object? Body => body;

    public void Add(string parameter, string id) => _ids[parameter] = id;

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _ids.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
