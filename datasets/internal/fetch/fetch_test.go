package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"
)

// content is what the server has.
func content() []byte {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]byte, 300_000)
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

// server serves handler and counts requests.
type server struct {
	*httptest.Server
	requests atomic.Int32
	ranges   []string
}

func serve(t *testing.T, handler http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// file is the content as a file to get from the server.
func (s *server) file(content []byte) File {
	md5sum, sha := md5.Sum(content), sha256.Sum256(content)
	return File{Name: "data.bin", URLs: []string{s.URL + "/data.bin"}, Size: int64(len(content)), MD5: hex.EncodeToString(md5sum[:]), SHA256: hex.EncodeToString(sha[:])}
}

// whole serves content as real servers do, with ranges.
func whole(content []byte, tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if tag != "" {
			w.Header().Set("ETag", tag)
		}
		http.ServeContent(w, r, "data.bin", time.Time{}, bytes.NewReader(content))
	}
}

// breaking sends half of what is asked for and then drops the connection.
func breaking(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		next(recorder, r)
		for key, values := range recorder.Header() {
			w.Header()[key] = values
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes()[:recorder.Body.Len()/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func requireGot(t *testing.T, dir string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, "data.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "the part, its notes and the lock are gone")
}

func TestGet(t *testing.T) {
	want := content()
	s := serve(t, whole(want, `"v1"`))
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var done int64
	d := Downloader{Progress: func(file string, now, total int64) {
		require.Equal(t, "data.bin", file)
		require.Greater(t, now, done)
		require.EqualValues(t, len(want), total)
		done = now
	}}
	require.NoError(t, d.Get(t.Context(), s.file(want), dir))
	requireGot(t, dir, want)
	require.EqualValues(t, len(want), done)
	require.NoError(t, d.Get(t.Context(), s.file(want), dir), "there already")
	require.EqualValues(t, 1, s.requests.Load())
}

// TestGoesOn: a connection that breaks is made again by itself, and each time only the rest is asked for.
func TestGoesOn(t *testing.T) {
	want := content()
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n <= 3 {
			breaking(whole(want, `"v1"`))(w, r)
			return
		}
		whole(want, `"v1"`)(w, r)
	})
	dir := t.TempDir()
	require.NoError(t, Downloader{}.Get(t.Context(), s.file(want), dir))
	requireGot(t, dir, want)
	require.Equal(t, []string{"", "bytes=150000-", "bytes=225000-", "bytes=262500-"}, s.ranges)
}

// TestInterrupted: Ctrl-C keeps the part; the next call asks for the rest.
func TestInterrupted(t *testing.T) {
	want := content()
	ctx, cancel := context.WithCancel(t.Context())
	first := true
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !first {
			require.Equal(t, `"v1"`, r.Header.Get("If-Range"))
			whole(want, `"v1"`)(w, r)
			return
		}
		first = false
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(want)))
		_, _ = w.Write(want[:100_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	dir := t.TempDir()
	d := Downloader{Progress: func(_ string, done, _ int64) {
		if done == 100_000 {
			cancel()
		}
	}}
	err := d.Get(ctx, s.file(want), dir)
	require.ErrorIs(t, err, ErrIncomplete)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "100000 of 300000 bytes of data.bin are kept in "+filepath.Join(dir, "data.bin.part"))
	require.NoFileExists(t, filepath.Join(dir, "data.bin"))
	require.NoError(t, Downloader{}.Get(t.Context(), s.file(want), dir))
	requireGot(t, dir, want)
	require.Equal(t, []string{"", "bytes=100000-"}, s.ranges)
}

// leave leaves a part of another download in dir.
func leave(t *testing.T, dir string, f File, content []byte, notes string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name+".part"), content, 0o644))
	if notes != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name+".part.json"), []byte(notes), 0o644))
	}
}

// TestParts: whatever was left behind, the result is the right file.
func TestParts(t *testing.T) {
	want := content()
	noRange := func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(want) }
	for _, c := range []struct {
		name     string
		part     []byte
		notes    string
		handler  http.HandlerFunc
		requests int
	}{
		{"the server knows no ranges", want[:1000], "", noRange, 1},
		{"the file has changed since", []byte("something else"), `{"url": "URL", "validator": "\"v0\""}`, whole(want, `"v1"`), 1},
		{"a part of something else, without notes", []byte("something else"), "", whole(want, ""), 2},
		{"a complete part", want, "", whole(want, `"v1"`), 0},
		{"a complete part of something else", make([]byte, len(want)), "", whole(want, `"v1"`), 1},
		{"a part that is too long", append(bytes.Clone(want), 1, 2, 3), "", whole(want, `"v1"`), 1},
		{"damaged notes", want[:1000], "{", whole(want, `"v1"`), 1},
		{"notes of another address", want[:1000], `{"url": "http://localhost:1/other", "validator": "\"v0\""}`, whole(want, `"v1"`), 1},
		{"the range cannot be had", want[:1000], "", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			_, _ = w.Write(want)
		}, 2},
		{"another range than asked for", want[:1000], "", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(want)-1, len(want)))
				w.WriteHeader(http.StatusPartialContent)
			}
			_, _ = w.Write(want)
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.handler)
			f := s.file(want)
			dir := t.TempDir()
			leave(t, dir, f, c.part, string(bytes.ReplaceAll([]byte(c.notes), []byte("URL"), []byte(f.URLs[0]))))
			require.NoError(t, Downloader{}.Get(t.Context(), f, dir))
			requireGot(t, dir, want)
			require.EqualValues(t, c.requests, s.requests.Load())
		})
	}
}

// TestErrors: what cannot work says why, and leaves nothing that looks like the file.
func TestErrors(t *testing.T) {
	want := content()
	other := bytes.Clone(want)
	other[77] ^= 1
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    []string
	}{
		{"404", http.NotFound, []string{"data.bin cannot be downloaded", "/data.bin: the server answers 404 Not Found"}},
		{"500", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, []string{"500 Internal Server Error"}},
		{"wrong digest", whole(other, `"v1"`), []string{"sha256", "it is damaged or another file"}},
		{"a page instead", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>log in</html>")) }, []string{"has 19 bytes, want 300000: it is another file"}},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < 10; i++ {
				_, _ = w.Write(want)
				w.(http.Flusher).Flush()
			}
		}, []string{"more than the 300000 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.handler)
			dir := t.TempDir()
			err := Downloader{}.Get(t.Context(), s.file(want), dir)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NotErrorIs(t, err, ErrIncomplete)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestTruncatedBody(t *testing.T) {
	want := content()
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { // ends well, but too early, and then gives nothing more
		if n++; n > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Transfer-Encoding", "chunked")
		_, _ = w.Write(want[:200_000])
	})
	dir := t.TempDir()
	err := Downloader{}.Get(t.Context(), s.file(want), dir)
	require.ErrorIs(t, err, ErrIncomplete)
	require.ErrorContains(t, err, "200000 of 300000 bytes of data.bin are kept")
	require.ErrorContains(t, err, "503")
	require.FileExists(t, filepath.Join(dir, "data.bin.part"))
}

func TestStalled(t *testing.T) {
	want := content()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(want)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	err := Downloader{Idle: 50 * time.Millisecond}.Get(t.Context(), s.file(want), t.TempDir())
	require.ErrorContains(t, err, "the server has sent nothing for 50ms")
}

// TestEncoding: a server that calls a .gz a gzip-encoded file does not make it arrive unpacked.
func TestEncoding(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write(content())
	require.NoError(t, err)
	require.NoError(t, z.Close())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		whole(zipped.Bytes(), "")(w, r)
	})
	dir := t.TempDir()
	require.NoError(t, Downloader{}.Get(t.Context(), s.file(zipped.Bytes()), dir))
	requireGot(t, dir, zipped.Bytes())
}

// TestMirror: the second address serves when the first does not.
func TestMirror(t *testing.T) {
	want := content()
	gone, good := serve(t, http.NotFound), serve(t, whole(want, ""))
	f := good.file(want)
	f.URLs = append([]string{gone.URL + "/data.bin"}, f.URLs...)
	dir := t.TempDir()
	require.NoError(t, Downloader{}.Get(t.Context(), f, dir))
	requireGot(t, dir, want)

	good.Close()
	err := Downloader{}.Get(t.Context(), f, t.TempDir())
	require.ErrorContains(t, err, "404")
	require.ErrorContains(t, err, good.URL)
}

// TestByHand: a file that lies there is checked, and never replaced.
func TestByHand(t *testing.T) {
	want := content()
	s := serve(t, whole(want, ""))
	dir := t.TempDir()
	path := filepath.Join(dir, "data.bin")
	for _, c := range []struct {
		content []byte
		want    string
	}{{want[:10], "has 10 bytes, want 300000"}, {make([]byte, len(want)), "sha256"}} {
		require.NoError(t, os.WriteFile(path, c.content, 0o644))
		err := Downloader{}.Get(t.Context(), s.file(want), dir)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "delete it")
	}
	require.Zero(t, s.requests.Load())
	f := s.file(want)
	f.SHA256, f.MD5 = "", "00"
	require.NoError(t, os.WriteFile(path, want, 0o644))
	require.ErrorContains(t, Downloader{}.Get(t.Context(), f, dir), "has the md5")
}

func TestTwoAtOnce(t *testing.T) {
	want := content()
	s := serve(t, whole(want, ""))
	dir := t.TempDir()
	other := flock.New(filepath.Join(dir, "data.bin.lock"))
	locked, err := other.TryLock()
	require.NoError(t, err)
	require.True(t, locked)
	require.ErrorContains(t, Downloader{}.Get(t.Context(), s.file(want), dir), "another process is downloading")
	require.NoError(t, other.Unlock())
	require.NoError(t, Downloader{}.Get(t.Context(), s.file(want), dir))
}
