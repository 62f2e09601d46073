// Encodes and decodes JSON: reflection, strings, interfaces.
package main

import (
	"encoding/json"
	"fmt"
)

type item struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Tags  []string          `json:"tags"`
	Price float64           `json:"price"`
	Attrs map[string]string `json:"attrs,omitempty"`
}

func main() {
	items := make([]item, 2000)
	for i := range items {
		items[i] = item{i, fmt.Sprintf("item %d", i), []string{"a", "b", "\u00e9\n"}, float64(i) / 7, map[string]string{"k": "v"}}
	}
	total := 0
	for range 40 {
		data, err := json.Marshal(items)
		if err != nil {
			panic(err)
		}
		var back []item
		if err := json.Unmarshal(data, &back); err != nil {
			panic(err)
		}
		total += len(data) + len(back)
	}
	fmt.Println(total)
}
