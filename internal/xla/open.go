package xla

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/installer"
	_ "github.com/gomlx/gomlx/backends/default" // registers xla and go

	"github.com/contrastlab/contrastlab/internal/xla/compiled"
)

// Open chooses a backend and loads it. Where nothing is found it lets go-xla's installer try first, if that is
// allowed, telling progress through say.
func (h Host) Open(say func(line string)) (compute.Backend, Choice, error) {
	choice, err := h.Choose()
	var none *Error
	if errors.As(err, &none) {
		choice, err = h.installed(none, err, say)
	}
	if err != nil {
		return nil, Choice{}, err
	}
	config, plugin := choice.Config, choice.Plugin
	if plugin != "" {
		plugin, err = plainPath(choice.Plugin, os.UserCacheDir)
		if err != nil {
			return nil, Choice{}, fmt.Errorf("backend: %w", err)
		}
		config = strings.Replace(config, choice.Plugin, plugin, 1)
		setCUDAFolder(choice.Plugin)
	}
	backend, err := New(config)
	if err != nil {
		return nil, Choice{}, fmt.Errorf("backend: %s: %w", choice.Why, err)
	}
	if isCPU(plugin) {
		if err := h.keepCompiled(plugin); err != nil {
			say(fmt.Sprintf("backend: what XLA compiles is not kept: %v (%s=off says so on purpose)", err, EnvCache))
		}
	}
	return backend, choice, nil
}

// cacheLimit is room for some hundred trainings' steps, each about 2 MB.
const cacheLimit = 1 << 30

// keepCompiled lets the plugin find what it compiled before, in this process or another.
func (h Host) keepCompiled(plugin string) error {
	dir := h.getenv(EnvCache)
	if dir == "off" || h.GOOS != "linux" {
		return nil
	}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		dir = filepath.Join(cache, "contrastlab", "xla")
	}
	return compiled.Keep(plugin, compiled.Store{Dir: dir, Limit: cacheLimit, AtLeast: 100 * time.Millisecond})
}

// installed runs the installer after the search failed, and searches again.
func (h Host) installed(none *Error, cause error, say func(line string)) (Choice, error) {
	_, off := h.LookupEnv(EnvNoInstall)
	switch {
	case off:
		none.Tried = append(none.Tried, "go-xla's installer: switched off by "+EnvNoInstall)
		return Choice{}, cause
	case h.Install == nil:
		return Choice{}, cause
	}
	say("backend: no XLA plugin here, trying go-xla's own installer (" + EnvNoInstall + "=1 skips it)")
	if err := h.Install(); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		none.Tried = append(none.Tried, "go-xla's installer: "+first)
		return Choice{}, cause
	}
	return h.Choose()
}

func install() error { return installer.AutoInstall("", true, installer.Normal) }

// New opens the backend of a configuration; unlike compute.NewWithConfig it never panics.
func New(config string) (backend compute.Backend, err error) {
	defer func() {
		if r := recover(); r != nil {
			backend, err = nil, fmt.Errorf("configuration %q: %v", config, r)
		}
	}()
	return compute.NewWithConfig(config)
}

// plainPath returns a path of the plugin that go-xla reads right. It guesses the kind of a plugin from its whole
// path, and cuts its configuration at commas, so that a CPU plugin in /home/ann/cuda-course/ or a folder "a,b" goes
// wrong: such a plugin is reached through a link to its folder. For CUDA the link stands for the folder two above,
// because that plugin finds its libraries relative to its own place.
func plainPath(plugin string, cacheDir func() (string, error)) (string, error) {
	name := strings.ToLower(filepath.Base(plugin))
	base, words := filepath.Dir(plugin), []string{","}
	switch {
	case isCPU(plugin):
		words = append(words, "cuda", "nvidia")
	case strings.Contains(name, "cuda"), strings.Contains(name, "gpu"):
		base = filepath.Dir(filepath.Dir(base))
		words = append(words, "cpu")
	}
	inside, err := filepath.Rel(base, plugin)
	if err != nil || !containsAny(base, words) {
		return plugin, nil
	}
	cache, err := cacheDir()
	if err == nil && containsAny(cache, words) {
		err = fmt.Errorf("nor can a link in the cache folder %s stand in", cache)
	}
	if err != nil {
		return "", fmt.Errorf("go-xla misreads the path %s (one of %q is in it), %w: move the checkout", plugin, words, err)
	}
	dir := filepath.Join(cache, "contrastlab")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	link := filepath.Join(dir, fmt.Sprintf("plugins-%x", sha256.Sum256([]byte(base))))
	if err := os.Symlink(base, link); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return filepath.Join(link, inside), nil
}

// isCPU says whether a plugin's name is that of one for the CPU.
func isCPU(plugin string) bool { return containsAny(filepath.Base(plugin), []string{"cpu"}) }

func containsAny(path string, words []string) bool {
	lower := strings.ToLower(path)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
}

// setCUDAFolder tells XLA where the wheels put the CUDA tools (ptxas, libdevice). go-xla does so only for its own
// layout, and warns about any other.
func setCUDAFolder(plugin string) {
	nvidia := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(plugin))), "nvidia")
	for _, version := range []string{"cu13", "cuda_nvcc"} {
		dir := filepath.Join(nvidia, version)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		if flags := os.Getenv("XLA_FLAGS"); !strings.Contains(flags, "xla_gpu_cuda_data_dir") {
			_ = os.Setenv("XLA_FLAGS", strings.TrimSpace(flags+` --xla_gpu_cuda_data_dir="`+dir+`"`))
		}
		if _, set := os.LookupEnv("GOPJRT_CUDA_CHECKS"); !set {
			_ = os.Setenv("GOPJRT_CUDA_CHECKS", "no")
		}
		return
	}
}
