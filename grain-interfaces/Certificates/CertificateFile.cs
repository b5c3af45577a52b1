namespace CodeSigning.Certificates;

/// <summary>A certificate taken out.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="FileName">A name for the file.</param>
/// <param name="Content">The file's bytes.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CertificateFile")]
public sealed record CertificateFile(
    [property: Id(0)] string ContentType, [property: Id(1)] string FileName, [property: Id(2)] ReadOnlyMemory<byte> Content);
