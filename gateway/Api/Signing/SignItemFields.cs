using CodeSigning.Errors;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>
/// The fields of an item as they were read. What they say is checked apart from their form, because in a batch an item
/// that cannot be signed does not fail the others.
/// </summary>
internal struct SignItemFields
{
    /// <summary>The longest data, in bytes.</summary>
    public const int MaxData = 128;

    private byte[]? _data;
    private bool _hasData;
    private SigningAlgorithm _algorithm;
    private bool _hasAlgorithm;
    private bool? _isDigest;

    /// <param name="data">The bytes; null where the text is not base64 of 1 to 128 bytes.</param>
    public void SetData(byte[]? data) => (_data, _hasData) = (data, FirstTime("data", _hasData));

    public void SetAlgorithm(string name)
    {
        _hasAlgorithm = FirstTime("signingAlgorithm", _hasAlgorithm);
        _algorithm = SigningAlgorithmNames.TryParse(name, out var algorithm) ? algorithm : 0;
    }

    public void SetIsDigest(bool isDigest)
    {
        FirstTime("isDigest", _isDigest.HasValue);
        _isDigest = isDigest;
    }

    /// <summary>Refuses an item that has not all of its fields.</summary>
    public readonly void CheckComplete()
    {
        var missing = !_hasData ? "data" : !_hasAlgorithm ? "signingAlgorithm" : _isDigest is null ? "isDigest" : null;
        if (missing is not null)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{missing}' is missing.");
        }
    }

    /// <summary>The item, if it can be signed at all.</summary>
    /// <exception cref="RefusedException">It cannot.</exception>
    public readonly SignItem Check()
    {
        if (_data is null)
        {
            throw new RefusedException(ErrorCode.InvalidData, $"The field 'data' must be base64 of 1 to {MaxData} bytes.");
        }

        if (_algorithm == 0)
        {
            throw new RefusedException(ErrorCode.UnsupportedAlgorithm, $"There is no such algorithm. There are {AllNames}.");
        }

        if (_isDigest is true && _data.Length != _algorithm.DigestLength())
        {
            throw new RefusedException(
                ErrorCode.DigestLengthMismatch,
                $"The digest has {_data.Length} bytes; {_algorithm.ToWireName()} takes one of {_algorithm.DigestLength()}.");
        }

        return new SignItem(_data, _algorithm, _isDigest is true);
    }

    private static string AllNames => string.Join(", ", Enum.GetValues<SigningAlgorithm>().Select(name => name.ToWireName()));

    private static bool FirstTime(string field, bool wasThere) => wasThere
        ? throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is given twice.")
        : true;
}
