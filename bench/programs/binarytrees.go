// Allocates and walks complete binary trees: the allocator and the collector.
package main

import "fmt"

type node struct{ left, right *node }

func grow(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{grow(depth - 1), grow(depth - 1)}
}

func (n *node) count() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

func main() {
	const max = 17
	long := grow(max)
	for depth := 4; depth <= max; depth += 4 {
		trees := 1 << (max - depth + 4)
		total := 0
		for range trees {
			total += grow(depth).count()
		}
		fmt.Printf("%d trees of depth %d: %d nodes\n", trees, depth, total)
	}
	fmt.Println("long lived tree:", long.count())
}
