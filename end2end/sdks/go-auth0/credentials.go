package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/authentication"
	"github.com/auth0/go-auth0/management"
)

func credentials() {
	key := mustGet(rsa.GenerateKey(rand.Reader, 2048))
	block := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	public := block("PUBLIC KEY", mustGet(x509.MarshalPKIXPublicKey(&key.PublicKey)))
	private := block("PRIVATE KEY", mustGet(x509.MarshalPKCS8PrivateKey(key)))
	expiry := time.Date(2040, time.January, 2, 3, 4, 5, 0, time.UTC)

	owner := &management.Client{Name: auth0.String("Key holder"), AppType: auth0.String("non_interactive")}
	credential := &management.Credential{CredentialType: auth0.String("public_key"), Name: auth0.String("First"), PEM: &public, Algorithm: auth0.String("RS256")}
	check("credentials: created from a PEM", func() {
		must(api.Client.Create(ctx, owner))
		must(api.Client.CreateCredential(ctx, owner.GetClientID(), credential))
		require(strings.HasPrefix(credential.GetID(), "cred_") && credential.GetKeyID() != "", "%v", credential)
		require(!credential.GetCreatedAt().IsZero() && credential.ExpiresAt == nil, "%v", credential)
	})
	check("credentials: listed and read", func() {
		listed := mustGet(api.Client.ListCredentials(ctx, owner.GetClientID()))
		equal(len(listed), 1)
		equal(mustGet(api.Client.GetCredential(ctx, owner.GetClientID(), credential.GetID())).String(), listed[0].String())
	})
	check("credentials: the date to expire at is changed", func() {
		must(api.Client.UpdateCredential(ctx, owner.GetClientID(), credential.GetID(), &management.Credential{ExpiresAt: &expiry}))
		read := mustGet(api.Client.GetCredential(ctx, owner.GetClientID(), credential.GetID()))
		require(read.GetExpiresAt().Equal(expiry), "%v", read)
	})
	check("credentials: a client that proves itself by a key gets tokens", func() {
		must(api.ClientGrant.Create(ctx, &management.ClientGrant{ClientID: owner.ClientID, Audience: auth0.String(identifier), Scope: &[]string{"read:orders"}}))
		// The module's own type leaves out what is nil, and here null has to be said.
		change := map[string]any{
			"client_authentication_methods": map[string]any{"private_key_jwt": map[string]any{"credentials": []any{map[string]any{"id": credential.GetID()}}}},
			"token_endpoint_auth_method":    nil,
		}
		must(api.Request(ctx, "PATCH", api.URI("clients", owner.GetClientID()), &change))
		read := mustGet(api.Client.Read(ctx, owner.GetClientID()))
		equal((*read.GetClientAuthenticationMethods().GetPrivateKeyJWT().Credentials)[0].GetID(), credential.GetID())
		mustGet(tokenFor(owner.GetClientID(), identifier, authentication.WithClientAssertion(private, "RS256")))
	})
	check("credentials: the Management API's own client may prove itself by a key as well", func() {
		must(api.ClientGrant.Create(ctx, &management.ClientGrant{ClientID: owner.ClientID, Audience: auth0.Stringf("https://%s/api/v2/", domain), Scope: &[]string{"read:clients"}}))
		keyed := mustGet(management.New(domain, management.WithClientCredentialsPrivateKeyJwt(ctx, owner.GetClientID(), private, "RS256")))
		equal(mustGet(keyed.Client.Read(ctx, owner.GetClientID())).GetName(), "Key holder")
	})
	check("credentials: deleted when the client is back to a secret", func() {
		change := map[string]any{"client_authentication_methods": nil, "token_endpoint_auth_method": "client_secret_post"}
		must(api.Request(ctx, "PATCH", api.URI("clients", owner.GetClientID()), &change))
		must(api.Client.DeleteCredential(ctx, owner.GetClientID(), credential.GetID()))
		_, err := api.Client.GetCredential(ctx, owner.GetClientID(), credential.GetID())
		missing(err, "")
	})
}
