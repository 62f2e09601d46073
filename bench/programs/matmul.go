// Multiplies matrices: nested loops over slices of slices.
package main

import "fmt"

func matrix(n int, seed float64) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = seed * float64(i-j) * float64(i+j)
		}
	}
	return m
}

func main() {
	const n = 500
	a, b := matrix(n, 1e-5), matrix(n, 2e-5)
	c := matrix(n, 0)
	for i := range n {
		for k := range n {
			x := a[i][k]
			for j := range n {
				c[i][j] += x * b[k][j]
			}
		}
	}
	fmt.Printf("%.6f %.6f\n", c[n/2][n/3], c[n-1][n-1])
}
