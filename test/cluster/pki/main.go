// Command pki makes the keys and certificates of a test cluster in one directory.
//
// It reads what should be there as JSON from standard input and makes what is missing; a
// certificate that is there already is left alone, so running it twice changes nothing. A
// key is always written before its certificate, and both by rename, so a certificate that
// is seen is whole and has its key.
//
//	pki DIR < request.json
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Request is what should be there.
type Request struct {
	// Authorities are self-signed: NAME.crt and NAME.key.
	Authorities []string `json:"authorities"`
	// SigningKey names an RSA pair without a certificate: NAME.key and NAME.pub.
	SigningKey string `json:"signingKey"`
	// Certificates are signed by one of the authorities.
	Certificates []Certificate `json:"certificates"`
}

// Certificate is one leaf: NAME.crt and NAME.key.
type Certificate struct {
	Name          string   `json:"name"`
	Authority     string   `json:"authority"`
	CommonName    string   `json:"commonName"`
	Organizations []string `json:"organizations"`
	// Server certificates have names or addresses; a certificate without either is a client's.
	DNSNames  []string `json:"dnsNames"`
	Addresses []string `json:"addresses"`
}

const lifetime = 365 * 24 * time.Hour

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pki:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: pki DIR < request.json")
	}
	directory := os.Args[1]
	var request Request
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	for _, name := range request.Authorities {
		template := &x509.Certificate{
			Subject:               pkix.Name{CommonName: "kwb-test-" + name},
			IsCA:                  true,
			BasicConstraintsValid: true,
			KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		}
		if err := issue(directory, name, "", template); err != nil {
			return err
		}
	}
	if request.SigningKey != "" {
		if err := signingKey(directory, request.SigningKey); err != nil {
			return err
		}
	}
	for _, wanted := range request.Certificates {
		template := &x509.Certificate{
			Subject:     pkix.Name{CommonName: wanted.CommonName, Organization: wanted.Organizations},
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			DNSNames:    wanted.DNSNames,
		}
		for _, address := range wanted.Addresses {
			parsed := net.ParseIP(address)
			if parsed == nil {
				return fmt.Errorf("%s: %q is no IP address", wanted.Name, address)
			}
			template.IPAddresses = append(template.IPAddresses, parsed)
		}
		if len(template.DNSNames)+len(template.IPAddresses) > 0 {
			template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}
		if err := issue(directory, wanted.Name, wanted.Authority, template); err != nil {
			return err
		}
	}
	return nil
}

// issue makes one key and its certificate, signed by the named authority or, without one, by itself.
func issue(directory, name, authority string, template *x509.Certificate) error {
	certificateFile := filepath.Join(directory, name+".crt")
	if _, err := os.Stat(certificateFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(lifetime)

	parent, signer := template, key
	if authority != "" {
		if parent, signer, err = load(directory, authority); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(directory, name+".key"), "PRIVATE KEY", keyDER); err != nil {
		return err
	}
	return writePEM(certificateFile, "CERTIFICATE", der)
}

func signingKey(directory, name string) error {
	public := filepath.Join(directory, name+".pub")
	if _, err := os.Stat(public); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(directory, name+".key"), "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)); err != nil {
		return err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return writePEM(public, "PUBLIC KEY", publicDER)
}

func load(directory, authority string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certificateDER, err := readPEM(filepath.Join(directory, authority+".crt"))
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(certificateDER)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := readPEM(filepath.Join(directory, authority+".key"))
	if err != nil {
		return nil, nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return nil, nil, err
	}
	key, isECDSA := parsed.(*ecdsa.PrivateKey)
	if !isECDSA {
		return nil, nil, fmt.Errorf("the key of %s is no ECDSA key", authority)
	}
	return certificate, key, nil
}

func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", file)
	}
	return block.Bytes, nil
}

func writePEM(file, kind string, der []byte) error {
	temporary := file + ".tmp"
	if err := os.WriteFile(temporary, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}
