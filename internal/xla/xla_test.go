package xla

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// library writes a minimal ELF file: a header and one segment that covers it.
func library(t *testing.T, machine elf.Machine, kind elf.Type, parts ...string) string {
	t.Helper()
	le := binary.LittleEndian
	b := make([]byte, 64+56)
	copy(b, elf.ELFMAG+"\x02\x01\x01")
	le.PutUint16(b[16:], uint16(kind))
	le.PutUint16(b[18:], uint16(machine))
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[32:], 64) // program headers
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 1)
	le.PutUint16(b[58:], 64)
	le.PutUint32(b[64:], uint32(elf.PT_LOAD))
	le.PutUint64(b[64+32:], uint64(len(b)))
	return write(t, b, parts...)
}

func write(t *testing.T, content []byte, parts ...string) string {
	t.Helper()
	file := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	cpuWheel  = "lib/python3.12/site-packages/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so"
	cudaWheel = "lib/python3.12/site-packages/xla_plugins/xla_cuda13_pjrt/xla_gpu_pjrt.so"
	jaxWheel  = "lib/python3.12/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so"
)

// machine is a Linux host with nothing on it; env is read at each call.
func machine(t *testing.T, env map[string]string) Host {
	dir := t.TempDir()
	return Host{
		LookupEnv:  func(key string) (string, bool) { v, ok := env[key]; return v, ok },
		Dir:        filepath.Join(dir, "elsewhere"),
		Home:       filepath.Join(dir, "home"),
		SystemDirs: []string{filepath.Join(dir, "usr", "go-xla")},
		GOOS:       "linux",
		GOARCH:     "amd64",
		HasGPU:     func() bool { return false },
	}
}

func good(t *testing.T, parts ...string) string {
	return library(t, elf.EM_X86_64, elf.ET_DYN, parts...)
}

func choose(t *testing.T, h Host, wantPlugin, wantWhy string) {
	t.Helper()
	got, err := h.Choose()
	if err != nil {
		t.Fatal(err)
	}
	if got.Plugin != wantPlugin {
		t.Errorf("plugin %q, want %q", got.Plugin, wantPlugin)
	}
	if wantPlugin != "" && !strings.HasPrefix(got.Config, "xla:"+wantPlugin) {
		t.Errorf("config %q does not open %q", got.Config, wantPlugin)
	}
	if !strings.Contains(got.Why, wantWhy) {
		t.Errorf("reason %q does not say %q", got.Why, wantWhy)
	}
}

// Each place is added before the one that outranks it, so that every step shows the order.
func TestChooseOrder(t *testing.T) {
	env := map[string]string{}
	h := machine(t, env)
	root := filepath.Join(t.TempDir(), "a [b] c") // glob characters and spaces
	write(t, []byte("module "+Module+"\n"), root, "go.mod")
	h.Dir = filepath.Join(root, "notebooks", "deep")

	choose(t, h.with(good(t, h.SystemDirs[0], "pjrt_c_api_cpu_plugin.so")), h.SystemDirs[0]+"/pjrt_c_api_cpu_plugin.so", "CPU")
	own := good(t, h.Home, ".local/lib/go-xla/pjrt_c_api_cpu_v0.114.0_plugin.so")
	choose(t, h, own, "XLA on the CPU (plugin of go-xla's folder "+filepath.Dir(own)+")")

	listed := t.TempDir()
	env[EnvPluginPath] = "/none:" + listed
	choose(t, h, own, "CPU")
	choose(t, h.with(good(t, listed, "pjrt_plugin_cpu.so")), listed+"/pjrt_plugin_cpu.so", EnvPluginPath)

	inRepo := good(t, root, ".venv", cpuWheel)
	choose(t, h, inRepo, "(plugin of .venv)")

	active := t.TempDir()
	env["VIRTUAL_ENV"] = active
	choose(t, h, inRepo, "") // an active environment without the plugin does not hide the repository's
	choose(t, h.with(good(t, active, cpuWheel)), filepath.Join(active, cpuWheel), "plugin of "+active)

	named := t.TempDir()
	env[EnvVenv] = named
	choose(t, h.with(good(t, named, cpuWheel)), filepath.Join(named, cpuWheel), "plugin of "+named)

	// A GPU outranks all of these once it has a plugin; before, the line says what is missing.
	h.HasGPU = func() bool { return true }
	choose(t, h, filepath.Join(named, cpuWheel), "no CUDA plugin")
	choose(t, h.with(good(t, h.SystemDirs[0], "pjrt_c_api_cuda_plugin.so")), h.SystemDirs[0]+"/pjrt_c_api_cuda_plugin.so", "NVIDIA GPU")
	choose(t, h.with(good(t, root, ".venv", jaxWheel)), filepath.Join(root, ".venv", jaxWheel), "NVIDIA GPU")
	choose(t, h.with(good(t, root, ".venv", cudaWheel)), filepath.Join(root, ".venv", cudaWheel), "NVIDIA GPU")
	h.HasGPU = func() bool { return false }
	choose(t, h, filepath.Join(named, cpuWheel), "CPU")

	// What the user sets outranks everything.
	env["GOMLX_BACKEND"] = "go"
	choose(t, h, "", "go (set in GOMLX_BACKEND)")
	env["GOMLX_BACKEND"] = "xla:" + own + ",tf32=false"
	choose(t, h, own, "set in GOMLX_BACKEND")
	env["GOMLX_BACKEND"] = "xla:cuda"
	choose(t, h, filepath.Join(root, ".venv", cudaWheel), "GOMLX_BACKEND=xla:cuda")
	env["GOMLX_BACKEND"] = "xla:cpu,noshared_buffers"
	choose(t, h, filepath.Join(named, cpuWheel), "GOMLX_BACKEND")
	if c, _ := h.Choose(); !strings.HasSuffix(c.Config, ".so,noshared_buffers") {
		t.Errorf("options lost: %q", c.Config)
	}
	env["GOMLX_BACKEND"] = "xla"
	choose(t, h, filepath.Join(named, cpuWheel), "CPU")
	env["GOMLX_BACKEND"] = "xla:tpu"
	choose(t, h, "", "xla:tpu")
}

// with only orders the calls: the file exists before the choice is made.
func (h Host) with(string) Host { return h }

func TestRoot(t *testing.T) {
	root := t.TempDir()
	write(t, []byte("// comment\nmodule "+Module+"\n\ngo 1.26\n"), root, "go.mod")
	write(t, []byte("module "+Module+"/exercises\n"), root, "exercises", "go.mod")
	env := map[string]string{}
	for name, set := range map[string]func(*Host){
		"working directory": func(h *Host) { h.Dir = filepath.Join(root, "pkg") },
		"nested module":     func(h *Host) { h.Dir = filepath.Join(root, "exercises", "01") },
		"notebook":          func(h *Host) { env["GONB_DIR"] = filepath.Join(root, "notebooks") },
		"program":           func(h *Host) { h.Executable = filepath.Join(root, "bin", "lab") },
	} {
		h := machine(t, env)
		set(&h)
		if got := h.Root(); got != root {
			t.Errorf("%s: root %q, want %q", name, got, root)
		}
		clear(env)
	}
	if got := machine(t, env).Root(); got != "" {
		t.Errorf("root %q outside any checkout", got)
	}
}

func TestNothingFound(t *testing.T) {
	env := map[string]string{"VIRTUAL_ENV": "/my venv", EnvPluginPath: "/plugins"}
	h := machine(t, env)
	_, err := h.Choose()
	var none *Error
	if !errors.As(err, &none) {
		t.Fatalf("error %v, want *Error", err)
	}
	for _, want := range []string{"make setup", "VIRTUAL_ENV=/my venv", EnvPluginPath + "=/plugins", h.Home, h.SystemDirs[0], "GPU: none"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %q:\n%v", want, err)
		}
	}
	env["GOMLX_BACKEND"] = "xla:cuda"
	if _, err = h.Choose(); err == nil || !strings.Contains(err.Error(), `GOMLX_BACKEND="xla:cuda"`) {
		t.Errorf("xla:cuda without a plugin: %v", err)
	}
}

func TestDamagedPluginIsPassedOver(t *testing.T) {
	env := map[string]string{}
	h := machine(t, env)
	env["VIRTUAL_ENV"] = t.TempDir()
	bad := write(t, []byte("not a library"), env["VIRTUAL_ENV"], cpuWheel)
	own := good(t, h.Home, ".local/lib/go-xla/pjrt_c_api_cpu_plugin.so")
	choose(t, h, own, "skipped plugin "+bad)
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Choose(); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("the error hides the damaged plugin: %v", err)
	}
}

func TestCheckPlugin(t *testing.T) {
	dir := t.TempDir()
	cut := good(t, dir, "cut.so")
	if err := os.Truncate(cut, 100); err != nil {
		t.Fatal(err)
	}
	short := good(t, dir, "short.so")
	b, err := os.ReadFile(short)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint64(b[64+32:], 1<<20) // the segment ends beyond the file
	write(t, b, short)
	dangling := filepath.Join(dir, "dangling.so")
	if err := os.Symlink(filepath.Join(dir, "gone"), dangling); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		filepath.Join(dir, "none.so"):  "does not exist",
		dangling:                       "does not exist",
		dir:                            "is a folder",
		"/dev/null":                    "not a regular file",
		write(t, nil, dir, "empty.so"): "is empty",
		write(t, []byte("#!/bin/sh\n"), dir, "script.so"):         "not a Linux shared library",
		library(t, elf.EM_AARCH64, elf.ET_DYN, dir, "arm.so"):     "made for EM_AARCH64",
		library(t, elf.EM_X86_64, elf.ET_EXEC, dir, "program.so"): "not a shared library",
		cut:   "cut short",
		short: "cut short",
	} {
		err := CheckPlugin(file, "linux", "amd64")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, want %q and the file", file, err, want)
		}
		env := map[string]string{"GOMLX_BACKEND": "xla:" + file}
		if _, err := machine(t, env).Choose(); err == nil || !strings.Contains(err.Error(), "GOMLX_BACKEND") {
			t.Errorf("GOMLX_BACKEND=xla:%s: %v", file, err)
		}
	}
	if err := CheckPlugin(good(t, dir, "good.so"), "linux", "amd64"); err != nil {
		t.Error(err)
	}
	if err := CheckPlugin(good(t, dir, "elf.dylib"), "darwin", "arm64"); err == nil || !strings.Contains(err.Error(), "not a macOS library") {
		t.Errorf("ELF on macOS: %v", err)
	}
	env := map[string]string{"GOMLX_BACKEND": "xla:./plugin.so"}
	if _, err := machine(t, env).Choose(); err == nil || !strings.Contains(err.Error(), "absolute") {
		t.Errorf("relative path: %v", err)
	}
}

func TestOpenInstaller(t *testing.T) {
	env := map[string]string{}
	h := machine(t, env)
	calls, said := 0, ""
	say := func(line string) { said += line }
	h.Install = func() error { calls++; return errors.New("no route to host\nstack") }
	_, _, err := h.Open(say)
	if err == nil || calls != 1 || !strings.Contains(err.Error(), "installer: no route to host") || strings.Contains(err.Error(), "stack") {
		t.Errorf("failed install: %d calls, error %v", calls, err)
	}
	if !strings.Contains(said, EnvNoInstall) {
		t.Errorf("said %q, which does not tell how to skip it", said)
	}
	env[EnvNoInstall] = "1"
	if _, _, err = h.Open(say); err == nil || calls != 1 || !strings.Contains(err.Error(), "switched off") {
		t.Errorf("install switched off: %d calls, error %v", calls, err)
	}
	delete(env, EnvNoInstall)
	// An installer that succeeds is followed by a second search: this fake library is found, and refuses to load.
	h.Install = func() error { good(t, h.Home, ".local/lib/go-xla/pjrt_c_api_cpu_plugin.so"); return nil }
	if _, _, err = h.Open(say); err == nil || !strings.Contains(err.Error(), "go-xla's folder") {
		t.Errorf("after the install: %v", err)
	}
}

func TestOpenNeverPanics(t *testing.T) {
	for _, config := range []string{"nosuch", "nosuch:x", "xla:/none.so"} {
		h := machine(t, map[string]string{"GOMLX_BACKEND": config})
		if _, _, err := h.Open(func(string) {}); err == nil || !strings.Contains(err.Error(), config) && !strings.Contains(err.Error(), "none.so") {
			t.Errorf("%s: %v", config, err)
		}
	}
}

func TestPlainPath(t *testing.T) {
	cache := t.TempDir()
	cacheDir := func() (string, error) { return cache, nil }
	for _, c := range []struct {
		dir, file string
		linked    bool
	}{
		{"plain dir", cpuWheel, false},
		{"cpu course", cpuWheel, false},
		{"cuda course", cpuWheel, true},
		{"a,b", cpuWheel, true},
		{"plain", cudaWheel, false},
		{"cpu", cudaWheel, true},
	} {
		plugin := good(t, t.TempDir(), c.dir, c.file)
		got, err := plainPath(plugin, cacheDir)
		if err != nil {
			t.Fatal(err)
		}
		if linked := got != plugin; linked != c.linked {
			t.Errorf("%s/%s: %s", c.dir, c.file, got)
		}
		same, err := os.Stat(got)
		if err != nil {
			t.Fatal(err)
		}
		if original, err := os.Stat(plugin); err != nil || !os.SameFile(same, original) {
			t.Errorf("%s does not lead to %s (%v)", got, plugin, err)
		}
		if again, err := plainPath(plugin, cacheDir); err != nil || again != got {
			t.Errorf("second time: %s, %v", again, err)
		}
	}
	cache = filepath.Join(cache, "a,b")
	if _, err := plainPath("/x,y/xla_cpu_pjrt.so", cacheDir); err == nil || !strings.Contains(err.Error(), "move") {
		t.Errorf("no plain path to be had: %v", err)
	}
}
