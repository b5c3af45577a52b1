using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace CodeSigning.Gateway.Pages.Assets;

/// <summary>
/// The style sheet, the script and the icon, whose paths hold the hash of their contents, so that browsers keep them for
/// good.
/// </summary>
internal sealed class PageAssets
{
    private const string Root = "/assets/";

    private static readonly (string Name, string Type)[] Files =
    [
        ("app.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8"), ("passkeys.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ];

    private readonly FrozenDictionary<string, Asset> _byPath;
    private readonly FrozenDictionary<string, string> _paths;

    public PageAssets()
    {
        var assets = Files.Select(file => (file.Name, Asset: Read(file.Name, file.Type))).ToArray();
        _byPath = assets.ToFrozenDictionary(file => file.Asset.Path, file => file.Asset, StringComparer.Ordinal);
        _paths = assets.ToFrozenDictionary(file => file.Name, file => file.Asset.Path, StringComparer.Ordinal);
    }

    /// <summary>The path of a file.</summary>
    public string this[string name] => _paths[name];

    /// <summary>The file of a path; null if there is none.</summary>
    public Asset? Find(PathString path) => path.HasValue ? _byPath.GetValueOrDefault(path.Value) : null;

    private static Asset Read(string name, string type)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program does not hold {name}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        return new Asset($"{Root}{Path.GetFileNameWithoutExtension(name)}.{hash}{Path.GetExtension(name)}", type, content, Compress(content));
    }

    private static byte[] Compress(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.SmallestSize))
        {
            brotli.Write(content);
        }

        return compressed.ToArray();
    }

    /// <summary>A file.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Type">Its media type.</param>
    /// <param name="Content">Its bytes.</param>
    /// <param name="Brotli">The same, compressed (RFC 7932).</param>
    internal sealed record Asset(string Path, string Type, byte[] Content, byte[] Brotli);
}

/// <summary>Serves them.</summary>
internal sealed class PageAssetMiddleware(RequestDelegate next, PageAssets assets)
{
    public Task InvokeAsync(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) && assets.Find(context.Request.Path) is { } asset
            ? WriteAsync(context, asset)
            : next(context);

    private static async Task WriteAsync(HttpContext context, PageAssets.Asset asset)
    {
        var isCompressed = context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        var body = isCompressed ? asset.Brotli : asset.Content;
        var response = context.Response;
        response.ContentType = asset.Type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.Vary = "Accept-Encoding";
        if (isCompressed)
        {
            response.Headers.ContentEncoding = "br";
        }

        await response.Body.WriteAsync(body, context.RequestAborted);
    }
}
