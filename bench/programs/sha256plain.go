// SHA-256 in plain Go: rotates, shifts and array indexing.
package main

import "fmt"

var k [64]uint32

func init() { // the fractional parts of the cube roots of the first primes
	n := 0
	for p := uint64(2); n < 64; p++ {
		prime := true
		for d := uint64(2); d*d <= p; d++ {
			if p%d == 0 {
				prime = false
			}
		}
		if !prime {
			continue
		}
		lo, hi := uint64(0), uint64(1)<<36
		for lo+1 < hi { // floor of the cube root of p << 96 without big integers: compare by parts
			mid := (lo + hi) / 2
			if cubeLess(mid, p) {
				lo = mid
			} else {
				hi = mid
			}
		}
		k[n] = uint32(lo)
		n++
	}
}

// mid^3 <= p << 96
func cubeLess(mid, p uint64) bool {
	h, l := mul(mid, mid)
	h2, l2 := mul(l, mid)
	h3 := h*mid + h2
	limit := p << 32
	return h3 < limit || h3 == limit && l2 == 0
}

func mul(x, y uint64) (hi, lo uint64) {
	x0, x1, y0, y1 := x&(1<<32-1), x>>32, y&(1<<32-1), y>>32
	w0 := x0 * y0
	t := x1*y0 + w0>>32
	w1 := t&(1<<32-1) + x0*y1
	return x1*y1 + t>>32 + w1>>32, x * y
}

func rotr(x uint32, n uint) uint32 { return x>>n | x<<(32-n) }

func block(h *[8]uint32, p []byte) {
	var w [64]uint32
	for i := 0; i < 16; i++ {
		w[i] = uint32(p[4*i])<<24 | uint32(p[4*i+1])<<16 | uint32(p[4*i+2])<<8 | uint32(p[4*i+3])
	}
	for i := 16; i < 64; i++ {
		s0 := rotr(w[i-15], 7) ^ rotr(w[i-15], 18) ^ w[i-15]>>3
		s1 := rotr(w[i-2], 17) ^ rotr(w[i-2], 19) ^ w[i-2]>>10
		w[i] = w[i-16] + s0 + w[i-7] + s1
	}
	a, b, c, d, e, f, g, hh := h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
	for i := range 64 {
		t1 := hh + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (e&f ^ ^e&g) + k[i] + w[i]
		t2 := (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (a&b ^ a&c ^ b&c)
		hh, g, f, e, d, c, b, a = g, f, e, d+t1, c, b, a, t1+t2
	}
	h[0] += a
	h[1] += b
	h[2] += c
	h[3] += d
	h[4] += e
	h[5] += f
	h[6] += g
	h[7] += hh
}

func main() {
	h := [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	data := make([]byte, 64)
	for i := range 1000000 {
		data[i%64] ^= byte(i)
		block(&h, data)
	}
	for _, v := range h {
		fmt.Printf("%08x", v)
	}
	fmt.Println()
}
