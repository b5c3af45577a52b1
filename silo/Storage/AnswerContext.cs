using System.Text;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// What an encrypted answer is bound to, so that it cannot be given to another caller, call or key. The hash of what was
/// asked is encrypted too: a body may hold a password, and a bare hash of it could be guessed against.
/// </summary>
internal static class AnswerContext
{
    public static byte[] OfAnswer(string caller, string scope, string key) => Of("answer", caller, scope, key);

    public static byte[] OfRequest(string caller, string scope, string key) => Of("request", caller, scope, key);

    // Lengths, so that no two of them give the same bytes.
    private static byte[] Of(string part, string caller, string scope, string key) =>
        Encoding.UTF8.GetBytes($"{part}:{caller.Length}:{caller}{scope.Length}:{scope}{key}");
}
