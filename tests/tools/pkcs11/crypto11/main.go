// Signs by ThalesIgnite's crypto11, the library of cosign and many others, from sixteen goroutines for twenty seconds, and
// verifies each signature with Go's own cryptography.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThalesIgnite/crypto11"
)

const (
	workers  = 16
	duration = 20 * time.Second
)

type signer struct {
	name string
	key  crypto.Signer
	opts crypto.SignerOpts
}

func open(name string) (signer, *crypto11.Context) {
	context, err := crypto11.Configure(&crypto11.Config{Path: os.Getenv("MODULE"), TokenLabel: name, LoginNotSupported: true})
	stopOn(err)
	key, err := context.FindKeyPair(nil, []byte(name))
	stopOn(err)
	if key == nil {
		stopOn(fmt.Errorf("no key pair %s", name))
	}
	certificate, err := context.FindCertificate(nil, []byte(name), nil)
	stopOn(err)
	if certificate == nil {
		stopOn(fmt.Errorf("no certificate %s", name))
	}
	opts := crypto.SignerOpts(crypto.SHA256)
	return signer{name, key, opts}, context
}

func stopOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(key crypto.PublicKey, opts crypto.SignerOpts, digest, signature []byte) error {
	switch public := key.(type) {
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(public, digest, signature) {
			return fmt.Errorf("an ECDSA signature that does not verify")
		}
		return nil
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(public, crypto.SHA256, digest, signature, pss)
		}
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest, signature)
	}
	return fmt.Errorf("a key of type %T", key)
}

func main() {
	var signers []signer
	for _, name := range []string{"p256", "p384", "rsa"} {
		s, context := open(name)
		defer context.Close()
		signers = append(signers, s)
		if name == "rsa" {
			signers = append(signers, signer{"rsa", s.key, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}})
		}
	}

	var made int64
	var wait sync.WaitGroup
	end := time.Now().Add(duration)
	for worker := 0; worker < workers; worker++ {
		wait.Add(1)
		go func(worker int) {
			defer wait.Done()
			for i := 0; time.Now().Before(end); i++ {
				s := signers[(worker+i)%len(signers)]
				var data [16]byte
				binary.BigEndian.PutUint64(data[:], uint64(worker))
				binary.BigEndian.PutUint64(data[8:], uint64(i))
				digest := sha256.Sum256(data[:])
				signature, err := s.key.Sign(rand.Reader, digest[:], s.opts)
				stopOn(err)
				stopOn(verify(s.key.Public(), s.opts, digest[:], signature))
				atomic.AddInt64(&made, 1)
			}
		}(worker)
	}
	wait.Wait()
	fmt.Printf("%d signatures in %v from %d goroutines\n", made, duration, workers)
}
