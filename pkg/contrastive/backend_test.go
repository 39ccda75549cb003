package contrastive

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/xla"
)

// stderr returns what f prints there.
func stderr(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stderr
	os.Stderr = w
	f()
	os.Stderr = was
	_ = w.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func forget() { backends.main, backends.small = nil, nil }

func TestBackend(t *testing.T) {
	t.Setenv(QuietEnv, "")
	t.Setenv(xla.EnvNoInstall, "1")
	forget()
	var first, second compute.Backend
	var err error
	said := stderr(t, func() {
		if first, err = Backend(); err == nil {
			second, err = Backend()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if first != second {
		t.Error("two calls gave two backends")
	}
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "backend: ") {
		t.Errorf("want one line on standard error, got %q", said)
	}
	if small, err := SmallBackend(); err != nil || small != first {
		t.Errorf("SmallBackend is not the main one: %v", err)
	}
	got := MustExecOnce(first, func(x *Node) *Node { return MulScalar(x, 2) }, []float32{1, 3}).Value().([]float32)
	if got[0] != 2 || got[1] != 6 {
		t.Errorf("2·[1 3] = %v", got)
	}
	forget()
	t.Setenv(QuietEnv, "1")
	if said := stderr(t, func() { _, err = Backend() }); said != "" || err != nil {
		t.Errorf("quiet, it said %q (%v)", said, err)
	}
}

// bare is a machine without any plugin.
func bare(t *testing.T, env map[string]string) xla.Host {
	return xla.Host{
		LookupEnv: func(key string) (string, bool) { v, ok := env[key]; return v, ok },
		Dir:       t.TempDir(), GOOS: "linux", GOARCH: "amd64",
		HasGPU: func() bool { return false },
	}
}

func TestNoPlugin(t *testing.T) {
	t.Setenv(QuietEnv, "")
	forget()
	defer forget()
	env := map[string]string{}
	_, err := mainBackend(bare(t, env))
	var none *xla.Error
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("Backend must not fall back: %v", err)
	}
	var small compute.Backend
	said := stderr(t, func() { small, err = smallBackend(bare(t, env)) })
	if err != nil {
		t.Fatal(err)
	}
	if small.Name() == "xla" || !strings.Contains(said, "pure Go") {
		t.Errorf("small backend %q said %q", small.Name(), said)
	}
	if _, err = mainBackend(bare(t, env)); err == nil {
		t.Error("after SmallBackend, Backend fell back to pure Go")
	}
	forget()
	env["GOMLX_BACKEND"] = "xla:cuda"
	if _, err = smallBackend(bare(t, env)); err == nil || !strings.Contains(err.Error(), "GOMLX_BACKEND") {
		t.Errorf("SmallBackend overrode what the user set: %v", err)
	}
}
