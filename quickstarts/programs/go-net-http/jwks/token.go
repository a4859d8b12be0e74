package main

import (
	"context"
	"sync"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

const (
	issuer   = "https://issuer.example/"
	audience = "https://api.example/"
)

var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{"RS256"}),
	jwt.WithIssuer(issuer),
	jwt.WithAudience(audience),
	jwt.WithExpirationRequired(),
)

// keySet fetches the issuer's public keys when the first token comes, and keeps them.
var keySet = sync.OnceValues(func() (keyfunc.Keyfunc, error) {
	urls := []string{issuer + ".well-known/jwks.json"}
	return keyfunc.NewDefaultOverrideCtx(context.Background(), urls, keyfunc.Override{
		HTTPTimeout: 5 * time.Second,
		// Keys are fetched anew after this time, so that a revoked one is dropped.
		RefreshInterval: 5 * time.Minute,
		// A token with an unknown key makes us fetch at most this often, so that nobody can make us flood the issuer.
		RefreshUnknownKID: rate.NewLimiter(rate.Every(30*time.Second), 1),
		// The next fetch may be half a minute away: such a token is refused rather than kept waiting for it.
		RateLimitWaitMax: 5 * time.Second,
	})
})

// verificationKey finds the public key that a token names.
func verificationKey(token *jwt.Token) (any, error) {
	if err := refuseExtensions(token); err != nil {
		return nil, err
	}
	keys, err := keySet()
	if err != nil {
		return nil, err
	}
	return keys.Keyfunc(token)
}
