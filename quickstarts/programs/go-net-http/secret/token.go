package main

import (
	"errors"
	"log"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	issuer   = "https://issuer.example/"
	audience = "https://api.example/"
)

var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{"HS256"}),
	jwt.WithIssuer(issuer),
	jwt.WithAudience(audience),
	jwt.WithExpirationRequired(),
)

// The secrets that sign the tokens also verify them. They come from the environment,
// never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
var signingSecrets = readSecrets(os.Getenv("SIGNING_SECRETS"))

func readSecrets(pairs string) map[string][]byte {
	secrets := make(map[string][]byte)
	for pair := range strings.SplitSeq(pairs, ",") {
		kid, secret, _ := strings.Cut(pair, ":")
		if kid == "" || secret == "" {
			log.Fatal("Give each secret in SIGNING_SECRETS as KEY_ID:SECRET.")
		}
		secrets[kid] = []byte(secret)
	}
	return secrets
}

// verificationKey finds the secret that a token names.
func verificationKey(token *jwt.Token) (any, error) {
	if err := refuseExtensions(token); err != nil {
		return nil, err
	}
	kid, _ := token.Header["kid"].(string)
	secret, found := signingSecrets[kid]
	if !found {
		return nil, errors.New("the token names no secret of this API")
	}
	return secret, nil
}
