import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;

/** Verifies by SunPKCS11 with public keys that are not the token's, which it creates as session objects. */
public final class PublicKeys {
    private static void verify(Provider provider, String key, int size, String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(key);
        generator.initialize(size);
        KeyPair pair = generator.generateKeyPair();
        byte[] data = "data".getBytes(StandardCharsets.UTF_8);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(pair.getPrivate());
        signature.update(data);
        byte[] made = signature.sign();
        Signature check = Signature.getInstance(algorithm, provider);
        for (boolean changed : new boolean[] { false, true }) {
            check.initVerify(pair.getPublic());
            check.update(data);
            if (changed) {
                check.update(data);
            }
            if (check.verify(made) == changed) {
                throw new IllegalStateException(algorithm + ": wrong verdict");
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        // The slot of a signer with a key of this kind: its token has the mechanisms.
        Provider provider = Security.getProvider("SunPKCS11").configure(arguments[0]);
        if (arguments[1].equals("RSA")) {
            verify(provider, "RSA", 2048, "SHA256withRSA");
        } else {
            verify(provider, "EC", 256, "SHA256withECDSA");
            verify(provider, "EC", 521, "SHA512withECDSA");
        }
    }
}
