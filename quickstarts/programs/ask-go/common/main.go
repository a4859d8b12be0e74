package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// [section:ask]
// asker asks for a new token each time.
type asker struct{ clientcredentials.Config }

func (a asker) Token() (*oauth2.Token, error) {
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: stay}
	return a.Config.Token(context.WithValue(context.Background(), oauth2.HTTPClient, client))
}

// stay keeps secrets and tokens from going where a redirect leads.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTokens gives the token that is kept, and asks for a new one once less than a minute of it is left.
// Goroutines that need a token at the same time wait for one request.
func newTokens(secret string) oauth2.TokenSource {
	return oauth2.ReuseTokenSourceWithExpiry(nil, asker{clientcredentials.Config{
		ClientID:       "YOUR_CLIENT_ID",
		ClientSecret:   secret,
		TokenURL:       "https://issuer.example/oauth/token",
		EndpointParams: url.Values{"audience": {"https://api.example/"}},
		AuthStyle:      oauth2.AuthStyleInParams,
	}}, time.Minute)
}

// [/section:ask]
// [section:call]
// callAPI needs a client that puts the token into the Authorization header.
func callAPI(client *http.Client, api string) (string, error) {
	response, err := client.Get(api)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return "", fmt.Errorf("the API answered %s: %s", response.Status, response.Header.Values("WWW-Authenticate"))
	}
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func main() {
	log.SetFlags(0)
	secret := os.Getenv("CLIENT_SECRET")
	if secret == "" {
		log.Fatal("Set CLIENT_SECRET to the secret of the client.")
	}
	api := os.Getenv("API_URL")
	if api == "" {
		api = "http://localhost:3010/api/private"
	}

	client := oauth2.NewClient(context.Background(), newTokens(secret))
	client.Timeout = 10 * time.Second
	client.CheckRedirect = stay
	// Three calls, one token.
	for range 3 {
		body, err := callAPI(client, api)
		if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) {
			log.Fatalf("The token endpoint answered %s: %v", refused.Response.Status, refused)
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(body)
	}
}
// [/section:call]
