using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Hsm;
using CodeSigning.Testing;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>What a connection that is given up does to sessions that somebody uses: modules end the process over one that is closed meanwhile.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class TokenConnectionTests : IDisposable
{
    private readonly SoftHsm _hsm = new();
    private readonly HsmSettings _settings;
    private readonly TokenModule _module;

    public TokenConnectionTests()
    {
        _settings = Assert.Single(HsmSettings.Read(_hsm.SettingsFile, mistake => Assert.Fail(mistake)));
        _module = TokenModule.Of(_settings.Module);
    }

    public void Dispose()
    {
        _module.Dispose();
        _hsm.Dispose();
    }

    [Fact]
    public void Session_in_use_outlives_the_close_and_ends_after()
    {
        var connection = Connect();
        var other = Connect();

        var used = connection.UseSession((functions, session) =>
        {
            connection.Close();
            Assert.Equal(CKR.CKR_OK, StateOf(functions, session));
            return session;
        });

        Assert.Equal(CKR.CKR_SESSION_HANDLE_INVALID, other.UseSession((functions, _) => StateOf(functions, used)));
        Assert.Throws<TokenFaultException>(() => connection.UseSession((_, session) => session));
        other.Close();
    }

    [Fact]
    public void Closed_connection_leaves_others_on_its_token_signing()
    {
        var connection = Connect();
        var other = Connect();
        var key = other.Generate("key_1", KeyAlgorithm.EcP256);

        connection.Close();

        Assert.NotEmpty(other.Sign(key, SigningAlgorithm.EcdsaSha256, new byte[32]));
        other.Close();
    }

    private TokenConnection Connect()
    {
        var connection = TokenConnection.Open(_settings, _module, lost: null);
        Assert.True(connection.Login(Encoding.UTF8.GetBytes(SoftHsm.Pin)));
        return connection;
    }

    private static CKR StateOf(Pkcs11Library functions, ulong session)
    {
        CK_SESSION_INFO info = default;
        return functions.C_GetSessionInfo(session, ref info);
    }
}
