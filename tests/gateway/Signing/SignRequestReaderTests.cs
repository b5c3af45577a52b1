using System.Buffers;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Signing;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Tests.Signing;

public sealed class SignRequestReaderTests
{
    private static readonly string Digest = Convert.ToBase64String(new byte[32]);

    [Fact]
    public void Contracts_example_is_read()
    {
        var request = Read(
            $$$"""
            {"data": "{{{Digest}}}", "signingAlgorithm": "RSASSA_PKCS1_V1_5_SHA256", "isDigest": true,
             "clientMetadata": {"tool": "custom-pipeline", "hostname": "build-server-1"}}
            """);

        Assert.Equal(new byte[32], request.Item.Data);
        Assert.Equal(SigningAlgorithm.RsaPkcs1Sha256, request.Item.Algorithm);
        Assert.True(request.Item.IsDigest);
        Assert.Equal("build-server-1", request.ClientMetadata!["hostname"]);
    }

    [Fact]
    public void Escaped_characters_are_the_characters_they_stand_for()
    {
        var request = Read("""{"d\u0061ta":"\u0041Q=\u003d","signingAlgorithm":"ECDSA_SHA\u005f256","isDigest":false}""");

        Assert.Equal([1], request.Item.Data);
        Assert.Equal(SigningAlgorithm.EcdsaSha256, request.Item.Algorithm);
    }

    [Theory]
    [InlineData("", ErrorCode.InvalidRequest)]
    [InlineData("null", ErrorCode.InvalidRequest)]
    [InlineData("[]", ErrorCode.InvalidRequest)]
    [InlineData("\"x\"", ErrorCode.InvalidRequest)]
    [InlineData("{", ErrorCode.InvalidRequest)]
    [InlineData("{}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\"}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":1,\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":7,\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":\"no\"}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false,\"extra\":1}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false} {}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false,}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"\\ud800\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"\\ud800\":1}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"\\udc00\",\"isDigest\":false}", ErrorCode.InvalidRequest)]
    [InlineData("{\"data\":\"\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidData)]
    [InlineData("{\"data\":\"AQ\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidData)]
    [InlineData("{\"data\":\"!!!!\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidData)]
    [InlineData("{\"data\":\"AQ\\u0000==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false}", ErrorCode.InvalidData)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"MD5\",\"isDigest\":false}", ErrorCode.UnsupportedAlgorithm)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"\",\"isDigest\":false}", ErrorCode.UnsupportedAlgorithm)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ecdsa_sha256\",\"isDigest\":false}", ErrorCode.UnsupportedAlgorithm)]
    [InlineData("{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":true}", ErrorCode.DigestLengthMismatch)]
    public void Invalid_body_is_refused_with_its_code(string body, ErrorCode code) =>
        Assert.Equal(code, Assert.Throws<RefusedException>(() => Read(body)).Code);

    [Fact]
    public void Data_of_128_bytes_is_accepted_and_129_is_refused()
    {
        Assert.Equal(128, Read(Body(new byte[128])).Item.Data.Length);
        Assert.Equal(ErrorCode.InvalidData, Assert.Throws<RefusedException>(() => Read(Body(new byte[129]))).Code);
        Assert.Equal(ErrorCode.InvalidData, Assert.Throws<RefusedException>(() => Read(Body(new byte[5000]))).Code);
    }

    [Theory]
    [InlineData("{\"tool\":1}")]
    [InlineData("{\"tool\":null}")]
    [InlineData("{\"tool\":{\"a\":\"b\"}}")]
    [InlineData("{\"tool\":[\"a\"]}")]
    [InlineData("{\"tool\":\"a\\u0000\"}")]
    [InlineData("{\"tool\":\"a\",\"tool\":\"b\"}")]
    [InlineData("{\"\":\"a\"}")]
    [InlineData("{\"tool\":\"\\ud800\"}")]
    [InlineData("[]")]
    [InlineData("null")]
    public void Metadata_is_an_object_of_strings(string metadata) =>
        Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<RefusedException>(() => Read(Body([1], metadata))).Code);

    [Fact]
    public void Metadata_holds_at_most_2048_bytes_in_all()
    {
        Assert.NotNull(Read(Body([1], $$"""{"tool":"{{new string('x', 2044)}}"}""")).ClientMetadata);
        Assert.Throws<RefusedException>(() => Read(Body([1], $$"""{"tool":"{{new string('x', 2045)}}"}""")));
        Assert.Throws<RefusedException>(() => Read(Body([1], $$"""{"tool":"{{new string('ä', 1023)}}"}""")));
    }

    [Fact]
    public void Body_that_arrives_byte_by_byte_reads_the_same()
    {
        var whole = Encoding.UTF8.GetBytes(Body(new byte[128], """{"tool":"jarsigner"}"""));

        var request = SignRequestReader.ReadSign(Pieces(whole));

        Assert.Equal(new byte[128], request.Item.Data);
        Assert.Equal("jarsigner", request.ClientMetadata!["tool"]);
    }

    [Fact]
    public void Invalid_batch_item_is_refused_at_its_turn()
    {
        var item = $$"""{"data":"{{Digest}}","signingAlgorithm":"ECDSA_SHA256","isDigest":true}""";
        var broken = """{"data":"?","signingAlgorithm":"ECDSA_SHA256","isDigest":true}""";

        var batch = SignRequestReader.ReadBatch(Bytes($$"""{"items":[{{item}},{{broken}},{{item}}]}"""));

        Assert.Equal(3, batch.Items.Count);
        Assert.Equal(32, batch.Items[2].Check().Data.Length);
        Assert.Equal(ErrorCode.InvalidData, Assert.Throws<RefusedException>(() => batch.Items[1].Check()).Code);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"items\":[]}")]
    [InlineData("{\"items\":{}}")]
    [InlineData("{\"items\":[1]}")]
    [InlineData("{\"items\":[{}]}")]
    [InlineData("{\"items\":[[]]}")]
    [InlineData("{\"items\":null}")]
    [InlineData("{\"items\":[{\"data\":\"AQ==\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":false,\"clientMetadata\":{}}]}")]
    public void Malformed_batch_is_refused_whole(string body) =>
        Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<RefusedException>(() => SignRequestReader.ReadBatch(Bytes(body))).Code);

    [Fact]
    public void Batch_has_at_most_1000_items()
    {
        static string Batch(int count) =>
            $$"""{"items":[{{string.Join(',', Enumerable.Repeat("""{"data":"AQ==","signingAlgorithm":"ECDSA_SHA256","isDigest":false}""", count))}}]}""";

        Assert.Equal(1000, SignRequestReader.ReadBatch(Bytes(Batch(1000))).Items.Count);
        Assert.Throws<RefusedException>(() => SignRequestReader.ReadBatch(Bytes(Batch(1001))));
    }

    private static string Body(byte[] data, string? metadata = null) =>
        $$"""{"data":"{{Convert.ToBase64String(data)}}","signingAlgorithm":"ECDSA_SHA256","isDigest":false{{(metadata is null ? "" : ",\"clientMetadata\":" + metadata)}}}""";

    private static SignRequest Read(string body) => SignRequestReader.ReadSign(Bytes(body));

    private static ReadOnlySequence<byte> Bytes(string body) => new(Encoding.UTF8.GetBytes(body));

    private static ReadOnlySequence<byte> Pieces(byte[] whole)
    {
        Piece? first = null, last = null;
        for (var i = 0; i < whole.Length; i++)
        {
            last = new Piece(whole.AsMemory(i, 1), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, 1);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
