using System.Diagnostics.Metrics;
using CodeSigning.Ledger;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>Counts attempts to sign, for <c>/metrics</c>.</summary>
public sealed class SigningMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "CodeSigning.Signing";

    private readonly Meter _meter;
    private readonly Counter<long> _signatures;
    private readonly Counter<long> _denials;

    /// <summary>Creates the meter.</summary>
    public SigningMeter(IMeterFactory factory)
    {
        _meter = factory.Create(Name);
        _signatures = _meter.CreateCounter<long>(
            "codesigning.signatures", "{signature}", "Attempts to sign, by algorithm and outcome.");
        _denials = _meter.CreateCounter<long>("codesigning.denials", "{signature}", "Attempts to sign that were denied, by code.");
        foreach (var algorithm in Enum.GetValues<SigningAlgorithm>())
        {
            foreach (var outcome in Enum.GetValues<EntryOutcome>())
            {
                Count(algorithm.ToWireName(), outcome, 0);
            }
        }
    }

    /// <summary>Counts one attempt.</summary>
    public void Count(string algorithm, EntryOutcome outcome) => Count(algorithm, outcome, 1);
    /// <summary>Counts a denial by the code that the caller is told.</summary>
    public void CountDenial(ErrorCode code) => _denials.Add(1, new KeyValuePair<string, object?>("code", code.ToString()));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Count(string algorithm, EntryOutcome outcome, long attempts) => _signatures.Add(
        attempts,
        new KeyValuePair<string, object?>("algorithm", algorithm),
        new KeyValuePair<string, object?>("outcome", Word(outcome)));

    private static string Word(EntryOutcome outcome) => outcome switch
    {
        EntryOutcome.Success => "success",
        EntryOutcome.Failed => "failed",
        _ => "denied",
    };
}
