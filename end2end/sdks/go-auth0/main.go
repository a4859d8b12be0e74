// The Go module go-auth0, as it is, through the life of every object of the Management API.
//
// DOMAIN, CLIENT_ID, CLIENT_SECRET: a client with all scopes of the Management API; LIMITED_*: the same at a server that takes few requests;
// SSL_CERT_FILE: the authority that both servers' certificates come from.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/authentication"
	"github.com/auth0/go-auth0/authentication/oauth"
	"github.com/auth0/go-auth0/management"
	"golang.org/x/oauth2"
)

const identifier = "https://orders.example/api/v1"

var (
	ctx    = context.Background()
	domain = os.Getenv("DOMAIN")
	api    *management.Management
	failed = 0
)

func main() {
	signIn()
	client := clients()
	server := resourceServers()
	grant := clientGrants(client)
	secrets(client)
	credentials()
	signingKeys()
	tenant()
	logs()
	stats()
	strangers(client)
	ends(client, server, grant)
	limits()
	if failed > 0 {
		os.Exit(1)
	}
}

func signIn() {
	id, secret := os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")
	api = mustGet(management.New(domain, management.WithClientCredentials(ctx, id, secret)))
}

// check says in one line whether what follows holds.
func check(name string, holds func()) {
	defer func() {
		if why := recover(); why != nil {
			failed++
			fmt.Printf("not ok %s: %s\n", name, strings.Join(strings.Fields(fmt.Sprint(why)), " "))
			return
		}
		fmt.Printf("ok %s\n", name)
	}()
	holds()
}

// must is for calls that may not fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func mustGet[T any](value T, err error) T {
	must(err)
	return value
}

func require(holds bool, what string, values ...any) {
	if !holds {
		panic(fmt.Sprintf(what, values...))
	}
}

func equal[T comparable](got, want T) {
	require(got == want, "%v is not %v", got, want)
}

// same compares without regard to order.
func same(got, want []string) {
	slices.Sort(got)
	slices.Sort(want)
	require(slices.Equal(got, want), "%v is not %v", got, want)
}

// refused holds if a call ended with the module's own error, of this status and with these words.
func refused(err error, status int, words string) {
	var refusal management.Error
	require(errors.As(err, &refusal), "no refusal: %v", err)
	equal(refusal.Status(), status)
	require(strings.Contains(refusal.Error(), words), "%q does not say %q", refusal.Error(), words)
}

func missing(err error, words string) { refused(err, 404, words) }

// tokenFor asks by the module's own authentication client.
func tokenFor(clientID, audience string, options ...authentication.Option) (*oauth.TokenSet, error) {
	// Without a client of its own the module makes the one of all others try again, whatever these are told.
	own := authentication.WithClient(&http.Client{})
	client, err := authentication.New(ctx, domain, append(options, authentication.WithClientID(clientID), own)...)
	if err != nil {
		return nil, err
	}
	request := oauth.LoginWithClientCredentialsRequest{Audience: audience}
	return client.OAuth.LoginWithClientCredentials(ctx, request, oauth.IDTokenValidationOptions{})
}

func refusedToken(err error, status int) {
	var refusal *authentication.Error
	require(errors.As(err, &refusal), "no refusal: %v", err)
	equal(refusal.StatusCode, status)
	equal(refusal.Err, "access_denied")
}

func clients() *management.Client {
	client := &management.Client{Name: auth0.String("Importer")}
	check("clients: created with a name alone", func() {
		must(api.Client.Create(ctx, client))
		require(len(client.GetClientID()) >= 20 && len(client.GetClientSecret()) >= 32, "%v", client)
	})
	check("clients: created with everything that a machine needs", func() {
		made := &management.Client{
			Name:                    auth0.String("Exporter"),
			Description:             auth0.String("Sends orders on"),
			AppType:                 auth0.String("non_interactive"),
			GrantTypes:              &[]string{"client_credentials"},
			TokenEndpointAuthMethod: auth0.String("client_secret_basic"),
			OIDCConformant:          auth0.Bool(true),
			JWTConfiguration:        &management.ClientJWTConfiguration{Algorithm: auth0.String("RS256")},
			ClientMetadata:          &map[string]any{"team": "orders"},
		}
		must(api.Client.Create(ctx, made))
		read := mustGet(api.Client.Read(ctx, made.GetClientID()))
		equal(read.GetAppType(), "non_interactive")
		equal(read.GetTokenEndpointAuthMethod(), "client_secret_basic")
		equal(read.GetJWTConfiguration().GetAlgorithm(), "RS256")
		same(read.GetGrantTypes(), []string{"client_credentials"})
		equal(read.GetClientMetadata()["team"].(string), "orders")
	})
	check("clients: read with only some fields", func() {
		read := mustGet(api.Client.Read(ctx, client.GetClientID(), management.IncludeFields("client_id", "app_type")))
		equal(read.GetClientID(), client.GetClientID())
		equal(read.GetName(), "")
	})
	var everyone []string
	check("clients: listed in pages", func() {
		for n := range 4 {
			must(api.Client.Create(ctx, &management.Client{Name: auth0.Stringf("Worker %d", n)}))
		}
		for page := 0; ; page++ {
			list := mustGet(api.Client.List(ctx, management.Page(page), management.PerPage(2)))
			require(len(list.Clients) <= 2 && list.Start == 2*page && list.Limit == 2, "%+v", list.List)
			for _, each := range list.Clients {
				everyone = append(everyone, each.GetClientID())
			}
			if !list.HasNext() {
				equal(len(everyone), list.Total)
				break
			}
		}
		require(slices.Contains(everyone, client.GetClientID()), "%v", everyone)
	})
	check("clients: listed from checkpoint to checkpoint", func() {
		var ids []string
		options := []management.RequestOption{management.Take(3)}
		for {
			list := mustGet(api.Client.ListWithCheckpointPagination(ctx, options...))
			for _, each := range list.Clients {
				ids = append(ids, each.GetClientID())
			}
			if !list.HasNext() {
				break
			}
			options = []management.RequestOption{management.Take(3), management.From(list.Next)}
		}
		same(ids, everyone)
	})
	check("clients: listed bare", func() {
		var bare []*management.Client
		must(api.Request(ctx, "GET", api.URI("clients"), &bare))
		equal(len(bare), len(everyone))
	})
	check("clients: changed, and null takes a value away", func() {
		change := &management.Client{Description: auth0.String("Fetches orders"), ClientMetadata: &map[string]any{"a": "1", "b": "2"}}
		must(api.Client.Update(ctx, client.GetClientID(), change))
		equal(change.GetDescription(), "Fetches orders")
		change = &management.Client{ClientMetadata: &map[string]any{"a": nil}}
		must(api.Client.Update(ctx, client.GetClientID(), change))
		metadata := mustGet(api.Client.Read(ctx, client.GetClientID())).GetClientMetadata()
		require(len(metadata) == 1 && metadata["b"] == "2", "%v", metadata)
	})
	check("clients: a wrong value is refused, and the message names the property", func() {
		refused(api.Client.Create(ctx, &management.Client{Name: auth0.String("")}), 400, "name")
	})
	return client
}

func resourceServers() *management.ResourceServer {
	scope := func(value, description string) management.ResourceServerScope {
		return management.ResourceServerScope{Value: &value, Description: &description}
	}
	valuesOf := func(server *management.ResourceServer) (values []string) {
		for _, each := range server.GetScopes() {
			values = append(values, each.GetValue()+": "+each.GetDescription())
		}
		return values
	}
	server := &management.ResourceServer{
		Identifier:       auth0.String(identifier),
		Name:             auth0.String("Orders"),
		SigningAlgorithm: auth0.String("RS256"),
		TokenLifetime:    auth0.Int(3600),
		Scopes:           &[]management.ResourceServerScope{scope("read:orders", "Read"), scope("write:orders", "Write")},
	}
	check("resource servers: created, and read by ID and by identifier", func() {
		must(api.ResourceServer.Create(ctx, server))
		byID := mustGet(api.ResourceServer.Read(ctx, server.GetID()))
		byIdentifier := mustGet(api.ResourceServer.Read(ctx, identifier))
		equal(byID.String(), byIdentifier.String())
		equal(byID.GetTokenLifetime(), 3600)
		same(valuesOf(byID), []string{"read:orders: Read", "write:orders: Write"})
	})
	check("resource servers: listed in pages", func() {
		for n := range 3 {
			must(api.ResourceServer.Create(ctx, &management.ResourceServer{Identifier: auth0.Stringf("urn:example:%d", n)}))
		}
		seen := 0
		for page := 0; ; page++ {
			list := mustGet(api.ResourceServer.List(ctx, management.Page(page), management.PerPage(2)))
			seen += len(list.ResourceServers)
			if !list.HasNext() {
				equal(seen, list.Total)
				break
			}
		}
		require(seen >= 5, "%d", seen)
	})
	check("resource servers: changed by identifier", func() {
		change := &management.ResourceServer{
			TokenLifetime: auth0.Int(7200),
			Scopes:        &[]management.ResourceServerScope{scope("read:orders", "Read all"), scope("write:orders", "Write")},
		}
		must(api.ResourceServer.Update(ctx, identifier, change))
		read := mustGet(api.ResourceServer.Read(ctx, server.GetID()))
		equal(read.GetTokenLifetime(), 7200)
		same(valuesOf(read), []string{"read:orders: Read all", "write:orders: Write"})
	})
	check("resource servers: null takes away what is not there", func() {
		change := map[string]any{"token_encryption": nil, "consent_policy": nil, "authorization_details": nil, "proof_of_possession": nil}
		must(api.Request(ctx, "PATCH", api.URI("resource-servers", server.GetID()), &change))
	})
	check("resource servers: an identifier twice is a conflict", func() {
		refused(api.ResourceServer.Create(ctx, &management.ResourceServer{Identifier: auth0.String(identifier)}), 409, "identifier")
	})
	check("resource servers: a wrong value is refused, and the message names the property", func() {
		wrong := &management.ResourceServer{Identifier: auth0.String("urn:example:wrong"), TokenLifetime: auth0.Int(-5)}
		refused(api.ResourceServer.Create(ctx, wrong), 400, "token_lifetime")
	})
	return server
}

func clientGrants(client *management.Client) *management.ClientGrant {
	wanted := func(audience string, scope ...string) *management.ClientGrant {
		return &management.ClientGrant{ClientID: client.ClientID, Audience: &audience, Scope: &scope}
	}
	grant := wanted(identifier, "read:orders")
	check("client grants: created and read", func() {
		must(api.ClientGrant.Create(ctx, grant))
		require(strings.HasPrefix(grant.GetID(), "cgr_"), "%s", grant.GetID())
		equal(mustGet(api.ClientGrant.Read(ctx, grant.GetID())).String(), grant.String())
	})
	check("client grants: the client gets a token", func() {
		token := mustGet(tokenFor(client.GetClientID(), identifier, authentication.WithClientSecret(client.GetClientSecret())))
		equal(token.TokenType, "Bearer")
		equal(token.ExpiresIn, 7200)
	})
	check("client grants: the same twice is a conflict", func() {
		refused(api.ClientGrant.Create(ctx, wanted(identifier, "read:orders")), 409, "")
	})
	check("client grants: a scope that the API does not define is refused", func() {
		refused(api.ClientGrant.Create(ctx, wanted("urn:example:1", "read:nothing")), 400, "read:nothing")
	})
	check("client grants: listed in pages, by client and by API", func() {
		for n := range 3 {
			must(api.ClientGrant.Create(ctx, &management.ClientGrant{ClientID: client.ClientID, Audience: auth0.Stringf("urn:example:%d", n), Scope: &[]string{}}))
		}
		first := mustGet(api.ClientGrant.List(ctx, management.Parameter("client_id", client.GetClientID()), management.PerPage(3)))
		require(len(first.ClientGrants) == 3 && first.Total == 4 && first.HasNext(), "%+v", first.List)
		both := mustGet(api.ClientGrant.List(ctx, management.Parameter("client_id", client.GetClientID()), management.Parameter("audience", identifier)))
		equal(len(both.ClientGrants), 1)
		equal(both.ClientGrants[0].GetID(), grant.GetID())
	})
	check("client grants: listed from checkpoint to checkpoint", func() {
		seen := map[string]bool{}
		options := []management.RequestOption{management.Take(2)}
		for {
			list := mustGet(api.ClientGrant.List(ctx, options...))
			require(list.Total == 0, "take wins over include_totals")
			for _, each := range list.ClientGrants {
				require(!seen[each.GetID()], "%s twice", each.GetID())
				seen[each.GetID()] = true
			}
			if !list.HasNext() {
				break
			}
			options = []management.RequestOption{management.Take(2), management.From(list.Next)}
		}
		require(len(seen) >= 5, "%d", len(seen))
	})
	check("client grants: changed", func() {
		must(api.ClientGrant.Update(ctx, grant.GetID(), &management.ClientGrant{Scope: &[]string{"read:orders", "write:orders"}}))
		same(mustGet(api.ClientGrant.Read(ctx, grant.GetID())).GetScope(), []string{"read:orders", "write:orders"})
	})
	return grant
}

func secrets(client *management.Client) {
	check("clients: a rotated secret works, and the former no longer does", func() {
		rotated := mustGet(api.Client.RotateSecret(ctx, client.GetClientID()))
		require(rotated.GetClientSecret() != "" && rotated.GetClientSecret() != client.GetClientSecret(), "the same secret")
		mustGet(tokenFor(client.GetClientID(), identifier, authentication.WithClientSecret(rotated.GetClientSecret())))
		_, err := tokenFor(client.GetClientID(), identifier, authentication.WithClientSecret(client.GetClientSecret()))
		refusedToken(err, 401)
		client.ClientSecret = rotated.ClientSecret
	})
}

func signingKeys() {
	withRole := func(keys []*management.SigningKey, has func(*management.SigningKey) bool) *management.SigningKey {
		at := slices.IndexFunc(keys, has)
		require(at >= 0, "no such key")
		return keys[at]
	}
	check("signing keys: listed, read, rotated, and the previous one revoked with the tokens that it has signed", func() {
		before := mustGet(api.SigningKey.List(ctx))
		current := withRole(before, (*management.SigningKey).GetCurrent)
		require(!current.GetCurrentSince().IsZero(), "no date")
		require(strings.HasPrefix(current.GetCert(), "-----BEGIN CERTIFICATE-----"), "%s", current.GetCert())
		equal(mustGet(api.SigningKey.Read(ctx, current.GetKID())).GetFingerprint(), current.GetFingerprint())

		fresh := mustGet(api.SigningKey.Rotate(ctx))
		after := mustGet(api.SigningKey.List(ctx))
		equal(withRole(after, (*management.SigningKey).GetCurrent).GetKID(), withRole(before, (*management.SigningKey).GetNext).GetKID())
		equal(withRole(after, (*management.SigningKey).GetNext).GetKID(), fresh.GetKID())
		equal(withRole(after, (*management.SigningKey).GetPrevious).GetKID(), current.GetKID())

		equal(mustGet(api.SigningKey.Revoke(ctx, current.GetKID())).GetKID(), current.GetKID())
		_, err := api.SigningKey.List(ctx)
		refused(err, 401, "")
		signIn()
		revoked := mustGet(api.SigningKey.Read(ctx, current.GetKID()))
		require(revoked.GetRevoked() && !revoked.GetRevokedAt().IsZero(), "%v", revoked)
	})
	check("signing keys: an unknown one is not there", func() {
		_, err := api.SigningKey.Read(ctx, "nothing")
		missing(err, "")
	})
}

func tenant() {
	check("tenant settings: read and changed", func() {
		must(api.Tenant.Update(ctx, &management.Tenant{FriendlyName: auth0.String("Orders Ltd"), SupportURL: auth0.String("https://help.example/")}))
		read := mustGet(api.Tenant.Read(ctx))
		equal(read.GetFriendlyName(), "Orders Ltd")
		equal(read.GetSupportURL(), "https://help.example/")
	})
	check("tenant settings: null takes one away", func() {
		must(api.Request(ctx, "PATCH", api.URI("tenants", "settings"), &map[string]any{"support_url": nil}))
		equal(mustGet(api.Tenant.Read(ctx)).GetSupportURL(), "")
	})
}

func logs() {
	check("logs: listed, read, and they hold what this program did", func() {
		listed := mustGet(api.Log.List(ctx, management.PerPage(100)))
		require(slices.ContainsFunc(listed, func(entry *management.Log) bool { return entry.GetType() == "sapi" }), "no sapi")
		for _, entry := range listed[:3] {
			read := mustGet(api.Log.Read(ctx, entry.GetLogID()))
			require(read.GetDate().Equal(entry.GetDate()), "%v", read)
		}
	})
	check("logs: listed from checkpoint to checkpoint", func() {
		seen := map[string]bool{}
		listed := mustGet(api.Log.List(ctx, management.Take(3)))
		for range 3 {
			equal(len(listed), 3)
			for _, entry := range listed {
				require(!seen[entry.GetLogID()], "%s twice", entry.GetLogID())
				seen[entry.GetLogID()] = true
			}
			listed = mustGet(api.Log.List(ctx, management.Take(3), management.From(listed[2].GetLogID())))
		}
	})
	check("logs: an unknown one is not there", func() {
		_, err := api.Log.Read(ctx, "nothing")
		missing(err, "")
	})
}

func stats() {
	check("stats: daily and active users", func() {
		day := func(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format("20060102") }
		for _, each := range mustGet(api.Stat.Daily(ctx, management.Parameter("from", day(6)), management.Parameter("to", day(0)))) {
			require(!each.GetDate().IsZero(), "%v", each)
		}
		mustGet(api.Stat.ActiveUsers(ctx))
	})
}

func strangers(client *management.Client) {
	check("a wrong token is refused", func() {
		stranger := mustGet(management.New(domain, management.WithStaticToken("wrong")))
		_, err := stranger.Client.List(ctx)
		refused(err, 401, "")
	})
	check("a wrong secret gets no token", func() {
		stranger := mustGet(management.New(domain, management.WithClientCredentials(ctx, client.GetClientID(), "wrong"), management.WithNoRetries()))
		_, err := stranger.Client.List(ctx)
		var refusal *oauth2.RetrieveError
		require(errors.As(err, &refusal), "%v", err)
		equal(refusal.Response.StatusCode, 401)
		equal(refusal.ErrorCode, "access_denied")
	})
	check("too few scopes: 403 that names what is missing", func() {
		reader := &management.Client{Name: auth0.String("Reader")}
		must(api.Client.Create(ctx, reader))
		must(api.ClientGrant.Create(ctx, &management.ClientGrant{ClientID: reader.ClientID, Audience: auth0.Stringf("https://%s/api/v2/", domain), Scope: &[]string{"read:clients"}}))
		poor := mustGet(management.New(domain, management.WithClientCredentials(ctx, reader.GetClientID(), reader.GetClientSecret())))
		equal(mustGet(poor.Client.Read(ctx, client.GetClientID())).GetClientSecret(), "")
		refused(poor.Client.Create(ctx, &management.Client{Name: auth0.String("No")}), 403, "create:clients")
	})
}

func ends(client *management.Client, server *management.ResourceServer, grant *management.ClientGrant) {
	check("client grants: deleted, and the client gets no more tokens", func() {
		must(api.ClientGrant.Delete(ctx, grant.GetID()))
		_, err := api.ClientGrant.Read(ctx, grant.GetID())
		missing(err, "")
		_, err = tokenFor(client.GetClientID(), identifier, authentication.WithClientSecret(client.GetClientSecret()))
		refusedToken(err, 403)
	})
	check("resource servers: deleted by identifier", func() {
		must(api.ResourceServer.Delete(ctx, identifier))
		_, err := api.ResourceServer.Read(ctx, server.GetID())
		missing(err, "does not exist")
		_, err = api.ResourceServer.Read(ctx, identifier)
		missing(err, "does not exist")
	})
	check("clients: deleted, with their grants", func() {
		must(api.Client.Delete(ctx, client.GetClientID()))
		_, err := api.Client.Read(ctx, client.GetClientID())
		missing(err, "does not exist")
		equal(len(mustGet(api.ClientGrant.List(ctx, management.Parameter("client_id", client.GetClientID()))).ClientGrants), 0)
	})
}

func limits() {
	limited := func(options ...management.Option) *management.Management {
		id, secret := os.Getenv("LIMITED_CLIENT_ID"), os.Getenv("LIMITED_CLIENT_SECRET")
		return mustGet(management.New(os.Getenv("LIMITED_DOMAIN"), append(options, management.WithClientCredentials(ctx, id, secret))...))
	}
	check("too many requests: 429", func() {
		hasty := limited(management.WithNoRetries())
		var err error
		for n := 0; n < 50 && err == nil; n++ {
			_, err = hasty.Client.List(ctx)
		}
		refused(err, 429, "")
	})
	check("too many requests: the module waits and tries again", func() {
		patient := limited()
		for range 6 {
			mustGet(patient.Client.List(ctx))
		}
	})
}
