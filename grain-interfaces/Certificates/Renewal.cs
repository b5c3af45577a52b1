namespace CodeSigning.Certificates;

/// <summary>Which key a renewed certificate has. Written as <c>fresh</c> and <c>same</c>. Values are stored.</summary>
public enum RenewalKey
{
    /// <summary>A new key, made where the previous one is.</summary>
    Fresh = 1,

    /// <summary>The key of the previous certificate.</summary>
    Same = 2,
}

/// <summary>The body that has a certificate of an internal CA renewed before it expires.</summary>
/// <param name="DaysBefore">How many days before its end, 1 to 365; less than its validity.</param>
/// <param name="Key">Which key the renewed certificate has.</param>
public sealed record SetRenewal(int DaysBefore, RenewalKey Key);

/// <summary>How a certificate is renewed.</summary>
/// <param name="DaysBefore">How many days before its end.</param>
/// <param name="Key">Which key the renewed certificate has.</param>
public sealed record RenewalView(int DaysBefore, RenewalKey Key);
