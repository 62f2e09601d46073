// A server of the usual kind: what `make bench` builds from a cold cache.
package main

import (
	"encoding/json"
	"log"
	"net/http"
)

type greeting struct {
	Path  string            `json:"path"`
	Query map[string]string `json:"query"`
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		g := greeting{Path: r.URL.Path, Query: map[string]string{}}
		for k, v := range r.URL.Query() {
			g.Query[k] = v[0]
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(g); err != nil {
			log.Print(err)
		}
	})
	log.Fatal(http.ListenAndServe("localhost:8080", nil))
}
