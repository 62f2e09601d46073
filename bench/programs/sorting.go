// Sorts integers, strings and structs: slices.Sort, sort.Slice, generics and closures.
package main

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
)

type record struct {
	key  int
	name string
}

func main() {
	const n = 1000000
	state := uint64(1)
	next := func() int {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return int(state >> 33)
	}
	ints := make([]int, n)
	for i := range ints {
		ints[i] = next()
	}
	slices.Sort(ints)
	strs := make([]string, n/4)
	for i := range strs {
		strs[i] = strconv.Itoa(next())
	}
	sort.Strings(strs)
	recs := make([]record, n/2)
	for i := range recs {
		recs[i] = record{next() % 1000, strconv.Itoa(i)}
	}
	sort.SliceStable(recs, func(i, j int) bool { return recs[i].key < recs[j].key })
	slices.SortFunc(recs, func(a, b record) int { return b.key - a.key })
	fmt.Println(slices.IsSorted(ints), ints[0], ints[n/2], strs[0], strs[len(strs)/2], recs[0].key, recs[len(recs)-1].key)
}
