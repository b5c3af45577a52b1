using System.Text;

namespace CodeSigning.Silo.Storage;

/// <summary>What an encrypted answer is bound to, so that it cannot be given to another caller, call or key.</summary>
internal static class AnswerContext
{
    public static byte[] Of(string caller, string scope, string key)
    {
        // Lengths, so that no two triples give the same bytes.
        return Encoding.UTF8.GetBytes($"{caller.Length}:{caller}{scope.Length}:{scope}{key}");
    }
}
