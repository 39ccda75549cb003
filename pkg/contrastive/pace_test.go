package contrastive

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPace: the first step of a process compiles and does not count, and a pace is told once, when it is known.
func TestPace(t *testing.T) {
	clock := time.Unix(1000, 0)
	p := &pacer{}
	after := func(step int, seconds float64) bool {
		clock = clock.Add(time.Duration(seconds * float64(time.Second)))
		return p.after(step, 3000, clock)
	}
	require.False(t, after(6, 70), "compiled, going on from step 5")
	require.False(t, after(7, 44), "one step")
	_, known := p.now()
	require.False(t, known)
	_, value := p.inShort()
	require.Equal(t, "not known yet", value)
	require.True(t, after(8, 46))
	require.False(t, after(9, 45), "told before")
	pace, known := p.now()
	require.True(t, known)
	require.Equal(t, Pace{PerStep: 45 * time.Second, Steps: 2991}, pace)
	require.Equal(t, 2991*45*time.Second, pace.Left())
	require.Equal(t, "45 s a step, about 37 h to go", pace.String())

	quick := &pacer{}
	for step := 1; step < 3000; step++ {
		told := quick.after(step, 3000, clock.Add(time.Duration(step)*time.Millisecond))
		require.False(t, told, "done before five seconds are over")
	}
	for d, want := range map[time.Duration]string{90 * time.Second: "90 s", 90 * time.Minute: "90 min", 30 * time.Hour: "30 h", 242 * time.Hour: "10 days"} {
		require.Equal(t, want, roughly(d))
	}
}
