package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-jwt/jwt/v5/request"
)

// handler is an http.HandlerFunc that also gets the claims of a valid token.
type handler func(http.ResponseWriter, *http.Request, jwt.MapClaims)

// requireToken answers 401 to requests without a valid token.
func requireToken(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, err := request.BearerExtractor{}.ExtractToken(r)
		if err != nil {
			refuse(w, http.StatusUnauthorized, "Bearer")
			return
		}
		// The names of claims in a map are exact; those of a struct match in upper and lower case.
		claims := jwt.MapClaims{}
		if _, err := parser.ParseWithClaims(raw, claims, verificationKey); err != nil {
			refuse(w, http.StatusUnauthorized, `Bearer error="invalid_token"`)
			return
		}
		next(w, r, claims)
	}
}

// requireScope answers 403 if the token lacks this scope.
func requireScope(scope string, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, claims jwt.MapClaims) {
		granted, _ := claims["scope"].(string)
		if !slices.Contains(strings.Fields(granted), scope) {
			refuse(w, http.StatusForbidden, `Bearer error="insufficient_scope", scope="`+scope+`"`)
			return
		}
		next(w, r, claims)
	}
}

// refuse answers with a challenge of RFC 6750.
func refuse(w http.ResponseWriter, status int, challenge string) {
	w.Header().Set("WWW-Authenticate", challenge)
	http.Error(w, http.StatusText(status), status)
}

// refuseExtensions fails for a token that calls extensions critical: one that we do not know makes it invalid (RFC 7515).
func refuseExtensions(token *jwt.Token) error {
	if _, found := token.Header["crit"]; found {
		return errors.New("the token needs extensions that this API does not have")
	}
	return nil
}
