// Points of the Mandelbrot set: floating-point loops with early exit.
package main

import "fmt"

func main() {
	const n, limit = 1200, 50
	inside, sum := 0, 0
	for py := range n {
		for px := range n {
			cr, ci := 2*float64(px)/n-1.5, 2*float64(py)/n-1
			zr, zi, i := 0.0, 0.0, 0
			for ; i < limit && zr*zr+zi*zi <= 4; i++ {
				zr, zi = zr*zr-zi*zi+cr, 2*zr*zi+ci
			}
			if i == limit {
				inside++
			}
			sum += i
		}
	}
	fmt.Println(inside, sum)
}
