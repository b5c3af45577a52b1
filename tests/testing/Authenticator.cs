using System.Globalization;
using OtpNet;

namespace CodeSigning.Testing;

/// <summary>A person's authenticator app.</summary>
public sealed class Authenticator(string secret, TimeProvider time)
{
    private readonly Totp _totp = new(Base32Encoding.ToBytes(secret));

    /// <summary>The code that it shows now.</summary>
    public string Code => CodeAt(TimeSpan.Zero);

    /// <summary>A code that it does not show within some steps of now.</summary>
    public string WrongCode
    {
        get
        {
            var near = Enumerable.Range(-5, 11).Select(step => CodeAt(TimeSpan.FromSeconds(30 * step))).ToHashSet();
            return Enumerable.Range(0, 1000)
                .Select(number => number.ToString("d6", CultureInfo.InvariantCulture))
                .First(code => !near.Contains(code));
        }
    }

    /// <summary>The code that a clock shows that is off by this.</summary>
    public string CodeAt(TimeSpan off) => _totp.ComputeTotp((time.GetUtcNow() + off).UtcDateTime);
}
