import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Signs by SunPKCS11 while other threads throw NullPointerExceptions, which the JVM makes of SIGSEGV. */
public final class NullPointers {
    private static final AtomicBoolean over = new AtomicBoolean();
    private static final AtomicLong thrown = new AtomicLong();
    private static final AtomicLong signed = new AtomicLong();

    private record Box(String text) { }

    private static int length(Box box) {
        return box.text().length();
    }

    private static void throwAndCatch() {
        while (!over.get()) {
            try {
                length(null);
            } catch (NullPointerException expected) {
                thrown.incrementAndGet();
            }
        }
    }

    private static void sign(Provider provider, PrivateKey key, PublicKey publicKey) throws Exception {
        for (int i = 0; i < 200; i++) {
            byte[] data = ("data " + i).getBytes(StandardCharsets.UTF_8);
            Signature signature = Signature.getInstance("SHA256withECDSA", provider);
            signature.initSign(key);
            signature.update(data);
            byte[] made = signature.sign();
            Signature check = Signature.getInstance("SHA256withECDSA", "SunEC");
            check.initVerify(publicKey);
            check.update(data);
            if (!check.verify(made)) {
                throw new IllegalStateException("a signature that does not verify");
            }
            signed.incrementAndGet();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(arguments[0]);
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, null);
        PrivateKey key = (PrivateKey) store.getKey("p256", null);
        PublicKey publicKey = store.getCertificate("p256").getPublicKey();
        // The certificate's key as SunEC has it: a key of the token would be checked by the token.
        PublicKey plain = java.security.KeyFactory.getInstance("EC", "SunEC")
            .generatePublic(new java.security.spec.X509EncodedKeySpec(publicKey.getEncoded()));
        Thread[] throwers = new Thread[2];
        for (int i = 0; i < throwers.length; i++) {
            throwers[i] = new Thread(NullPointers::throwAndCatch);
            throwers[i].start();
        }
        Thread[] signers = new Thread[8];
        for (int i = 0; i < signers.length; i++) {
            signers[i] = new Thread(() -> {
                try {
                    sign(provider, key, plain);
                } catch (Exception failure) {
                    failure.printStackTrace();
                    Runtime.getRuntime().halt(1);
                }
            });
            signers[i].start();
        }
        for (Thread signer : signers) {
            signer.join();
        }
        over.set(true);
        for (Thread thrower : throwers) {
            thrower.join();
        }
        if (signed.get() != 1600 || thrown.get() == 0) {
            throw new IllegalStateException(signed + " signatures, " + thrown + " exceptions");
        }
        System.out.println(signed + " signatures beside " + thrown + " exceptions");
    }
}
