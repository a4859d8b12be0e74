package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type answer struct {
	Message string `json:"message"`
	Subject string `json:"sub,omitempty"`
}

func public(w http.ResponseWriter, _ *http.Request) {
	respond(w, answer{Message: "Anyone may read this."})
}

// private takes the claims of a token, so that no route can lead here without one.
func private(w http.ResponseWriter, _ *http.Request, claims jwt.MapClaims) {
	subject, _ := claims.GetSubject()
	respond(w, answer{Message: "Your token is valid.", Subject: subject})
}

func privateScoped(w http.ResponseWriter, _ *http.Request, claims jwt.MapClaims) {
	subject, _ := claims.GetSubject()
	respond(w, answer{Message: "Your token is valid and has the scope.", Subject: subject})
}

func respond(w http.ResponseWriter, body answer) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Printf("could not answer: %v", err)
	}
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/public", public)
	mux.HandleFunc("GET /api/private", requireToken(private))
	mux.HandleFunc("GET /api/private-scoped", requireToken(requireScope("read:example", privateScoped)))

	port := os.Getenv("PORT")
	if port == "" {
		port = "3010"
	}
	server := &http.Server{
		Addr:              "localhost:" + port,
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
