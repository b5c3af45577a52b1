namespace CodeSigning.Certificates;

/// <summary>A certificate taken out.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="FileName">A name for the file.</param>
/// <param name="Content">The file's bytes.</param>
public sealed record CertificateFile(
    string ContentType, string FileName, ReadOnlyMemory<byte> Content);
