// Package fetch downloads files whose digests are known, and goes on with a download that broke off.
//
// What you may touch here: how a file gets from a server to a folder. Which files there are is said by the data
// sets.
package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// File is a file that its authors publish.
type File struct {
	Name string   // in the folder it is kept in
	URLs []string // tried one after the other
	Size int64    // in bytes

	// MD5 and SHA256 are its digests in hexadecimal; "" is not compared.
	MD5, SHA256 string
}

// Downloader downloads files. The zero value is ready.
type Downloader struct {
	// Client, nil for one that gives up on a server that does not answer.
	Client *http.Client
	// Idle is how long a connection may bring nothing, 0 for a minute.
	Idle time.Duration
	// Progress, if not nil, is told how many bytes of the file are there, some times a second.
	Progress func(file string, done, total int64)
}

// ErrIncomplete is the error of a download that broke off; the part that came is kept.
var ErrIncomplete = errors.New("the download is not complete")

// errChanged says that the part kept is of another file.
var errChanged = errors.New("the file on the server is not the one that was begun with")

// attempts is how often a connection that broke is made again, if it brought something.
const attempts = 5

// Get makes sure that the whole file, with the right digests, is in dir. What is there already is only checked. A
// download goes to NAME.part and is moved when it is complete and right; one that was stopped goes on where it was.
// Errors: all URLs failing, each with its reason; a canceled context and a broken connection ([ErrIncomplete] both);
// other bytes than they must be; another process downloading the same file.
func (d Downloader) Get(ctx context.Context, f File, dir string) error {
	path := filepath.Join(dir, f.Name)
	if err := f.Check(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("%s: %w", path+".lock", err)
	}
	if !locked {
		return fmt.Errorf("another process is downloading %s; wait for it, or end it", path)
	}
	defer func() {
		_ = lock.Unlock()
		os.Remove(path + ".lock")
	}()
	p := &part{file: f, path: path + ".part"}
	var failures []string
	for _, url := range f.URLs {
		err := d.from(ctx, p, url)
		if err == nil {
			return p.finish(path)
		}
		if ctx.Err() != nil || errors.Is(err, ErrIncomplete) {
			return err
		}
		failures = append(failures, fmt.Sprintf("%s: %v", url, err))
	}
	return fmt.Errorf("%s cannot be downloaded: %s", f.Name, strings.Join(failures, "; "))
}

// from downloads what is missing of the part from url, and compares the digests.
func (d Downloader) from(ctx context.Context, p *part, url string) error {
	fresh := p.length() == 0
	for tries := 0; ; {
		before := p.length()
		if before < p.file.Size {
			err := d.once(ctx, p, url)
			switch {
			case errors.Is(err, errChanged):
				if tries++; tries > attempts {
					return err
				}
				fresh = true
				if err := p.discard(); err != nil {
					return err
				}
				continue
			case ctx.Err() != nil:
				return fmt.Errorf("%w: %d of %d bytes of %s are kept in %s: %w", ErrIncomplete, p.length(), p.file.Size, p.file.Name, p.path, ctx.Err())
			case err != nil && p.length() > before && tries < attempts:
				tries++
				continue
			case err != nil && p.length() > 0:
				return fmt.Errorf("%w: %d of %d bytes of %s are kept in %s: %w", ErrIncomplete, p.length(), p.file.Size, p.file.Name, p.path, err)
			case err != nil:
				return err
			}
		}
		err := p.file.Check(p.path)
		if err == nil {
			return nil
		}
		if err := p.discard(); err != nil {
			return err
		}
		if fresh {
			return err
		}
		fresh = true // pieces of two downloads need not fit together; one whole may be right
	}
}

// once is one request. It appends to the part what the server sends.
func (d Downloader) once(ctx context.Context, p *part, url string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := d.Idle
	if idle == 0 {
		idle = time.Minute
	}
	stalled := fmt.Errorf("the server has sent nothing for %s", idle)
	timer := time.AfterFunc(idle, func() { cancel(stalled) })
	defer timer.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	// The file as it is: without this, what a server calls gzip-encoded would arrive unpacked.
	request.Header.Set("Accept-Encoding", "identity")
	begun := p.begun(url)
	if begun.length > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", begun.length))
		if begun.Validator != "" {
			request.Header.Set("If-Range", begun.Validator)
		}
	}
	client := d.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return because(ctx, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		begun.length = 0 // the server sends all of it, whatever was asked for
		if n := response.ContentLength; n >= 0 && n != p.file.Size {
			return fmt.Errorf("the server has %d bytes, want %d: it is another file", n, p.file.Size)
		}
	case http.StatusPartialContent:
		if err := checkRange(response.Header.Get("Content-Range"), begun.length, p.file.Size); err != nil {
			return err
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return errChanged
	default:
		return fmt.Errorf("the server answers %s", response.Status)
	}
	if err := p.begin(begun.length, validator(response.Header), url); err != nil {
		return err
	}
	return p.append(response.Body, func(done int64) {
		timer.Reset(idle)
		if d.Progress != nil {
			d.Progress(p.file.Name, done, p.file.Size)
		}
	}, func(err error) error { return because(ctx, err) })
}

// because is why the context ended, if it did, else err.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// checkRange compares a Content-Range, "bytes from-to/size", with what was asked for.
func checkRange(header string, from, size int64) error {
	var first, last, total int64
	if _, err := fmt.Sscanf(header, "bytes %d-%d/%d", &first, &last, &total); err != nil {
		return fmt.Errorf("the server answers a range that cannot be read: %q", header)
	}
	if first != from || total != size || last != size-1 {
		return errChanged
	}
	return nil
}

// validator is what an If-Range may compare: a strong ETag, else the time of the last change.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	return h.Get("Last-Modified")
}

// part is a download that is not complete.
type part struct {
	file File
	path string
}

// beginning is what is kept of an earlier download; it lies beside the part as JSON.
type beginning struct {
	URL       string `json:"url"`
	Validator string `json:"validator"`
	length    int64
}

func (p *part) notes() string { return p.path + ".json" }

func (p *part) length() int64 {
	info, err := os.Stat(p.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// begun is the earlier download, if it can go on from url.
func (p *part) begun(url string) beginning {
	b := beginning{length: p.length()}
	text, err := os.ReadFile(p.notes())
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err != nil || b.URL != url {
		b.Validator = "" // the digests will tell
	}
	return b
}

// begin keeps length bytes of the part and notes where the rest comes from.
func (p *part) begin(length int64, validator, url string) error {
	file, err := os.OpenFile(p.path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	text, _ := json.Marshal(beginning{URL: url, Validator: validator})
	return errors.Join(file.Truncate(length), file.Close(), os.WriteFile(p.notes(), append(text, '\n'), 0o644))
}

// append writes body to the end of the part. Too much is an error, and too little.
func (p *part) append(body io.Reader, progress func(int64), explain func(error) error) error {
	file, err := os.OpenFile(p.path, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	done := p.length()
	buffer := make([]byte, 256<<10)
	for {
		n, err := body.Read(buffer)
		if room := p.file.Size - done; int64(n) > room {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes of the file: it is another one", p.file.Size), file.Close(), p.discard())
		}
		if _, failed := file.Write(buffer[:n]); failed != nil {
			return errors.Join(failed, file.Close())
		}
		if done += int64(n); n > 0 {
			progress(done)
		}
		switch {
		case errors.Is(err, io.EOF) && done < p.file.Size:
			return errors.Join(fmt.Errorf("the connection ended after %d of %d bytes", done, p.file.Size), file.Close())
		case errors.Is(err, io.EOF):
			return errors.Join(file.Sync(), file.Close())
		case err != nil:
			return errors.Join(explain(err), file.Close())
		}
	}
}

func (p *part) discard() error {
	for _, path := range []string{p.path, p.notes()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// finish moves the complete part to its place.
func (p *part) finish(path string) error {
	if err := os.Rename(p.path, path); err != nil {
		return err
	}
	return p.discard()
}

// Megabytes is a size for people.
func Megabytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
}
