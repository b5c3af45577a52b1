using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Pki;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class DistinguishedNameTests
{
    [Theory]
    [InlineData("CN=Example", "CN=Example")]
    [InlineData("CN=Example, O=Example Ltd , C=DE", "CN=Example,O=Example Ltd,C=DE")]
    [InlineData("cn=a,ou=b,o=c,l=d,st=e,c=FR", "CN=a,OU=b,O=c,L=d,ST=e,C=FR")]
    [InlineData("CN=a\\, b\\+c\\\\d,O=x", "CN=a\\, b\\+c\\\\d,O=x")]
    [InlineData("CN=Lu\\C4\\8Di\\C4\\87", "CN=Lučić")]
    [InlineData("CN=\\20a\\20", "CN=\\ a\\ ")]
    [InlineData("CN=\\#1", "CN=\\#1")]
    [InlineData("2.5.4.3=a", "CN=a")]
    [InlineData("CN=a,EMAILADDRESS=a@b.example,DC=example,SERIALNUMBER=HRB 1", "CN=a,EMAILADDRESS=a@b.example,DC=example,SERIALNUMBER=HRB 1")]
    public void Text_becomes_a_name_and_back(string text, string canonical) =>
        Assert.Equal(canonical, DistinguishedName.Format(DistinguishedName.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("Example")]
    [InlineData("CN=")]
    [InlineData("CN= ")]
    [InlineData("CN=a,")]
    [InlineData(",CN=a")]
    [InlineData("CN=a,,O=b")]
    [InlineData("=a")]
    [InlineData("O=no common name")]
    [InlineData("CN=a+O=b")]
    [InlineData("CN=#0c0161")]
    [InlineData("CN=\"quoted\"")]
    [InlineData("CN=a;O=b")]
    [InlineData("CN=a<b")]
    [InlineData("CN=a\\")]
    [InlineData("CN=a\\z")]
    [InlineData("CN=a\\C3")]
    [InlineData("CN=a\\00b")]
    [InlineData("CN=a\0b")]
    [InlineData("CN=a\ud800b")]
    [InlineData("CN=a,C=D")]
    [InlineData("CN=a,C=de")]
    [InlineData("CN=a,C=DEU")]
    [InlineData("CN=a,XX=b")]
    [InlineData("CN=a,1.2.3.4=b")]
    [InlineData("CN=a,SERIALNUMBER=ä")]
    [InlineData("CN=a,DC=ä")]
    public void Text_that_is_not_strictly_a_name_is_refused(string text) =>
        Assert.Equal(
            CertificateRefusal.InvalidName, Assert.Throws<CertificateRefusedException>(() => DistinguishedName.Parse(text)).Refusal);

    [Fact]
    public void Endless_name_is_refused()
    {
        Assert.Throws<CertificateRefusedException>(() => DistinguishedName.Parse($"CN={new string('a', 65)}"));
        Assert.Throws<CertificateRefusedException>(() => DistinguishedName.Parse(string.Join(',', Enumerable.Repeat("CN=a", 17))));
        Assert.Throws<CertificateRefusedException>(() => DistinguishedName.Parse(new string('\\', 1_000_000)));
    }

    [Fact]
    public void Text_lists_the_names_parts_in_reverse_order()
    {
        var name = new X500DistinguishedName(DistinguishedName.Parse("CN=Example\\, Inc,O=Example Ltd,C=DE"));

        Assert.Equal("C=DE, O=Example Ltd, CN=\"Example, Inc\"", name.Decode(X500DistinguishedNameFlags.None));
    }

    [Fact]
    public void Every_text_is_refused_or_survives_the_round_trip() =>
        Prop.ForAll((string text) =>
        {
            try
            {
                var canonical = DistinguishedName.Format(DistinguishedName.Parse($"CN={text}"));
                return DistinguishedName.Format(DistinguishedName.Parse(canonical)) == canonical;
            }
            catch (CertificateRefusedException refusal)
            {
                return refusal.Refusal == CertificateRefusal.InvalidName;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_accepted_common_name_survives_the_text_form() =>
        Prop.ForAll((NonEmptyString name) =>
        {
            try
            {
                var der = DistinguishedName.FromCommonName(name.Get);
                return DistinguishedName.Parse(DistinguishedName.Format(der)).SequenceEqual(der);
            }
            catch (CertificateRefusedException refusal)
            {
                return refusal.Refusal == CertificateRefusal.InvalidName;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Name_parts_that_cannot_be_issued_are_still_formatted()
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.Add("1.2.3.4", "x", UniversalTagNumber.UTF8String);
        builder.Add("2.5.4.3", "old", UniversalTagNumber.T61String);

        Assert.Equal("1.2.3.4=#0c0178,CN=old", DistinguishedName.Format(builder.Build().RawData));
    }
}
