// Flips of pancake permutations: integer arrays and branches.
package main

import "fmt"

func fannkuch(n int) (checksum, most int) {
	perm, work, count := make([]int, n), make([]int, n), make([]int, n)
	for i := range perm {
		perm[i] = i
	}
	for sign, r := 1, n; ; sign = -sign {
		for ; r != 1; r-- {
			count[r-1] = r
		}
		copy(work, perm)
		flips := 0
		for k := work[0]; k != 0; k = work[0] {
			for i, j := 0, k; i < j; i, j = i+1, j-1 {
				work[i], work[j] = work[j], work[i]
			}
			flips++
		}
		most = max(most, flips)
		checksum += sign * flips
		for {
			if r == n {
				return checksum, most
			}
			first := perm[0]
			copy(perm[:r], perm[1:r+1])
			perm[r] = first
			count[r]--
			if count[r] > 0 {
				break
			}
			r++
		}
	}
}

func main() {
	sum, most := fannkuch(10)
	fmt.Printf("%d\nPfannkuchen(10) = %d\n", sum, most)
}
