package compiled

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStoreKeepsWhatWasPut(t *testing.T) {
	s := Store{Dir: filepath.Join(t.TempDir(), "new"), Limit: 1 << 20}
	require.NoError(t, s.Open())
	key := Key{1}
	_, found := s.Get(key)
	require.False(t, found)
	program := bytes.Repeat([]byte("code"), 1000)
	require.NoError(t, s.Put(key, program))
	got, found := s.Get(key)
	require.True(t, found)
	require.Equal(t, program, got)
	_, found = s.Get(Key{2})
	require.False(t, found)
	require.NoError(t, s.Put(key, []byte("newer")))
	got, _ = s.Get(key)
	require.Equal(t, "newer", string(got))
}

func TestStoreRefusesDamagedFiles(t *testing.T) {
	for name, damage := range map[string]func(raw []byte) []byte{
		"cut short": func(raw []byte) []byte { return raw[:len(raw)-1] },
		"a bit":     func(raw []byte) []byte { raw[len(raw)/2] ^= 1; return raw },
		"the sum":   func(raw []byte) []byte { raw[len(magic)] ^= 1; return raw },
		"empty":     func([]byte) []byte { return nil },
		"other":     func(raw []byte) []byte { return bytes.Replace(raw, []byte("compiled 1"), []byte("compiled 2"), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := Store{Dir: t.TempDir(), Limit: 1 << 20}
			require.NoError(t, s.Put(Key{1}, bytes.Repeat([]byte("code"), 100)))
			raw, err := os.ReadFile(s.path(Key{1}))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(s.path(Key{1}), damage(raw), 0o600))
			_, found := s.Get(Key{1})
			require.False(t, found)
			require.NoFileExists(t, s.path(Key{1}))
		})
	}
}

func TestStoreForgetsTheLeastRecentlyUsed(t *testing.T) {
	program := make([]byte, 1000)
	s := Store{Dir: t.TempDir(), Limit: 3500}
	for i := range byte(3) {
		require.NoError(t, s.Put(Key{i}, program))
		old := time.Now().Add(time.Duration(i) * time.Minute).Add(-time.Hour)
		require.NoError(t, os.Chtimes(s.path(Key{i}), old, old))
	}
	_, found := s.Get(Key{0}) // the oldest, used again
	require.True(t, found)
	require.NoError(t, s.Put(Key{3}, program))
	for i, want := range []bool{true, false, true, true} {
		_, found := s.Get(Key{byte(i)})
		require.Equal(t, want, found, "program %d", i)
	}
}

func TestStoreSweepsWhatWasLeftHalfWritten(t *testing.T) {
	s := Store{Dir: t.TempDir(), Limit: 1 << 20}
	old, fresh := filepath.Join(s.Dir, ".0a.xla.1"), filepath.Join(s.Dir, ".0b.xla.2")
	for _, path := range []string{old, fresh} {
		require.NoError(t, os.WriteFile(path, []byte("half"), 0o600))
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	require.NoError(t, os.Chtimes(old, yesterday, yesterday))
	require.NoError(t, s.Put(Key{1}, []byte("code")))
	require.NoFileExists(t, old)
	require.FileExists(t, fresh, "another process may be writing it")
}

// What lies in the folder is run: nobody else may write there.
func TestStoreRefusesAFolderOfOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shared")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.Chmod(dir, 0o777))
	require.ErrorContains(t, Store{Dir: dir}.Open(), "others may write to "+dir)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, Store{Dir: file}.Open())
}

func TestKeyNamesAllThatDecides(t *testing.T) {
	key := func(place, format, options, code string) Key {
		return keyOf(place, []byte(format), []byte(options), []byte(code))
	}
	base := key("cpu", "mlir", "o", "add")
	require.Equal(t, base, key("cpu", "mlir", "o", "add"))
	seen := map[Key]bool{base: true}
	for _, other := range []Key{
		key("other cpu", "mlir", "o", "add"), key("cpu", "hlo", "o", "add"), key("cpu", "mlir", "p", "add"), key("cpu", "mlir", "o", "sub"),
		key("cpum", "lir", "o", "add"), key("cpu", "mlir", "oa", "dd"), // the parts do not run together
	} {
		require.False(t, seen[other])
		seen[other] = true
	}
}

// The random names of GoMLX's metrics do not make another program, but which of them stands where does.
func TestKeyIgnoresRandomNames(t *testing.T) {
	a, b, c := "uuid_c8428872_875a_4d41_95d5_2d5f51768ce1", "uuid_99bad6f1_2281_4f65_9dbc_6c708eb80816", "uuid_00000000_0000_0000_0000_000000000000"
	key := func(code string) Key { return keyOf("", nil, nil, []byte(code)) }
	require.Equal(t, key("f("+a+"_count, "+b+") + "+a), key("f("+b+"_count, "+c+") + "+b))
	require.NotEqual(t, key("f("+a+", "+b+") + "+a), key("f("+a+", "+b+") + "+b))
	require.NotEqual(t, key("f("+a+")"), key("f(x)"))
}

func TestPlaceNamesThePluginAndTheFlags(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "plugin.so")
	require.NoError(t, os.WriteFile(plugin, []byte("1"), 0o600))
	place := func() string {
		p, err := placeOf(plugin)
		require.NoError(t, err)
		return p
	}
	before := place()
	require.Equal(t, before, place())
	t.Setenv("XLA_FLAGS", "--other")
	require.NotEqual(t, before, place())
	t.Setenv("XLA_FLAGS", "")
	require.NoError(t, os.WriteFile(plugin, []byte("12"), 0o600))
	require.NotEqual(t, before, place())
	_, err := placeOf(plugin + "x")
	require.Error(t, err)
}
