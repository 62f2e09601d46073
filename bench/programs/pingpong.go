// Two goroutines and channels: the scheduler.
package main

import "fmt"

func main() {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v + 1
		}
		close(pong)
	}()
	sum := 0
	for i := range 1000000 {
		ping <- i
		sum += <-pong
	}
	close(ping)
	buffered := make(chan int, 128)
	go func() {
		for i := range 3000000 {
			buffered <- i
		}
		close(buffered)
	}()
	for v := range buffered {
		sum += v
	}
	fmt.Println(sum)
}
