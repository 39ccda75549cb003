package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

type composeFile struct {
	Services map[string]struct {
		Image       string
		Command     []string
		Ports       []string
		Volumes     []string
		Networks    []string
		Environment map[string]string
		Privileged  bool
		CapDrop     []string `yaml:"cap_drop"`
		SecurityOpt []string `yaml:"security_opt"`
		CPUs        float64  `yaml:"cpus"`
		Memory      string   `yaml:"mem_limit"`
		Processes   int      `yaml:"pids_limit"`
	}
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

func TestClass(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "new.sh")
	require.NoError(t, os.WriteFile(script, []byte(text(t, "class", "new.sh")), 0o755))
	class := func(names ...string) (string, error) {
		cmd := exec.Command(script, names...)
		cmd.Env = append(os.Environ(), "HOST=lab.example.org")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(raw)
	}
	for _, wrong := range [][]string{nil, {"ada", "ada"}, {"Ada"}, {"proxy"}, {"a-b"}, {"1st"}} {
		out, err := class(wrong...)
		require.Error(t, err, out)
		require.NoFileExists(t, filepath.Join(dir, "compose.yaml"))
	}

	_, err := class("ada")
	require.NoError(t, err)
	first := read(".env")
	printed, err := class("ada", "bob")
	require.NoError(t, err, printed)
	require.True(t, strings.HasPrefix(read(".env"), first), "a token changed when a learner came")
	info, err := os.Stat(filepath.Join(dir, ".env"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	tokens := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^TOKEN_([a-z]+)=([0-9a-f]{48})$`).FindAllStringSubmatch(read(".env"), -1) {
		tokens[m[1]] = m[2]
	}
	require.Len(t, tokens, 2)
	require.NotEqual(t, tokens["ada"], tokens["bob"])

	var file composeFile
	require.NoError(t, yaml.Unmarshal([]byte(read("compose.yaml")), &file))
	require.Len(t, file.Services, 3)
	require.Regexp(t, `@sha256:[0-9a-f]{64}$`, file.Services["proxy"].Image)
	require.ElementsMatch(t, []string{"front", "ada", "bob"}, file.Services["proxy"].Networks)
	for name, token := range tokens {
		s := file.Services[name]
		require.Contains(t, printed, "https://lab.example.org/"+name+"/lab?token="+token+"\n")
		require.NotContains(t, read("compose.yaml"), token)
		require.Equal(t, "${TOKEN_"+name+":?run class/new.sh}", s.Environment["JUPYTER_TOKEN"])
		require.Equal(t, []string{"--ServerApp.base_url=/" + name + "/"}, s.Command)
		require.Contains(t, read("Caddyfile"), "handle /"+name+"/* {\n\t\treverse_proxy "+name+":8888\n")
		// Nothing is shared, published or privileged, and all is limited.
		require.Equal(t, []string{name + ":/home/jovyan"}, s.Volumes)
		require.Contains(t, file.Volumes, name)
		require.Equal(t, []string{name}, s.Networks)
		require.True(t, file.Networks[name].Internal)
		require.Empty(t, s.Ports)
		require.False(t, s.Privileged)
		require.Equal(t, []string{"ALL"}, s.CapDrop)
		require.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt)
		require.Positive(t, s.CPUs)
		require.NotEmpty(t, s.Memory)
		require.Positive(t, s.Processes)
	}
}
