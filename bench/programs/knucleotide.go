// Counts substrings of a made DNA sequence: maps with string keys.
package main

import (
	"fmt"
	"sort"
)

func main() {
	seq := make([]byte, 1000000)
	state := uint32(42)
	for i := range seq {
		state = state*1664525 + 1013904223
		seq[i] = "ACGT"[state>>30]
	}
	for _, k := range []int{1, 2, 3, 4, 6, 12, 18} {
		counts := map[string]int{}
		for i := 0; i+k <= len(seq); i++ {
			counts[string(seq[i:i+k])]++
		}
		keys := make([]string, 0, len(counts))
		for s := range counts {
			keys = append(keys, s)
		}
		sort.Slice(keys, func(i, j int) bool {
			if counts[keys[i]] != counts[keys[j]] {
				return counts[keys[i]] > counts[keys[j]]
			}
			return keys[i] < keys[j]
		})
		fmt.Println(k, len(keys), keys[0], counts[keys[0]])
	}
}
