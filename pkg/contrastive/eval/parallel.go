package eval

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls f(0) … f(n-1) on all cores and returns when all are done. The calls must be independent,
// each writing only what belongs to its index: then the result does not depend on the number of cores.
func parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	// Pieces small enough to balance, large enough that the counter is not the bottleneck.
	piece := max(1, n/(workers*8))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				start := int(next.Add(int64(piece))) - piece
				if start >= n {
					return
				}
				for i := start; i < min(start+piece, n); i++ {
					f(i)
				}
			}
		})
	}
	wg.Wait()
}
