package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/contrastlab/contrastlab/datasets/internal/fetch"
)

// published are the official files of a data set.
type published struct {
	folder string // below the folder for data sets
	name   string // of the source to tell `lab data get`
	files  []fetch.File
	page   string // where its authors describe it
}

// errNotDownloaded is in the error of a data set whose files are not there.
var errNotDownloaded = errors.New("was not downloaded yet")

// Get downloads the official files of a data set into the cache folder, compares their digests, and decodes them
// once, so that opening the set afterwards needs no network. It goes on with a download that broke off. Files that
// lie there already, put by hand for instance, are checked and used. Errors: an unknown name or one of nothing
// to download; no network, with what to put where; files that are not what they must be.
func Get(ctx context.Context, name string, o Options) (*Source, error) {
	return get(ctx, name, o, fetch.Downloader{})
}

func get(ctx context.Context, name string, o Options, d fetch.Downloader) (*Source, error) {
	if strings.HasPrefix(name, FolderPrefix) {
		return nil, fmt.Errorf("datasets: %s is a folder of yours: there is nothing to download", name)
	}
	entry, err := lookUp(name)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	if entry.published != nil {
		if err := entry.published.download(ctx, o, d); err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
	}
	return OpenWith(ctx, name, o)
}

func (p *published) download(ctx context.Context, o Options, d fetch.Downloader) error {
	dir, err := o.folder(p.folder)
	if err != nil {
		return err
	}
	d.Progress = func(file string, done, total int64) { o.progress("downloading "+file, done, total, true) }
	for _, file := range p.files {
		err := d.Get(ctx, file, dir)
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, fetch.ErrIncomplete):
			return fmt.Errorf("%w; the same command goes on from there", err)
		default:
			return fmt.Errorf("%w. By hand: %s", err, p.advice(dir))
		}
	}
	return nil
}

// advice says which files to put where.
func (p *published) advice(dir string) string {
	var files []string
	for _, f := range p.files {
		files = append(files, fmt.Sprintf("%s (%s, md5 %s)", f.URLs[0], fetch.Megabytes(f.Size), f.MD5))
	}
	return fmt.Sprintf("put %s into %s; if they have moved, %s knows", strings.Join(files, " and "), dir, p.page)
}

// open calls read with each of the files, in order. The digests are compared as the bytes pass by.
func (p *published) open(o Options, read func(i int, file io.Reader) error) error {
	dir, err := o.folder(p.folder)
	if err != nil {
		return err
	}
	for i, f := range p.files {
		path := filepath.Join(dir, f.Name)
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s %w: there is no %s. Run `lab data get %s` or, without a network, %s",
				p.name, errNotDownloaded, path, p.name, p.advice(dir))
		}
		if err != nil {
			return err
		}
		if err := checked(f, file, func(r io.Reader) error { return read(i, r) }); err != nil {
			return fmt.Errorf("%s %w; delete it and run `lab data get %s`", path, err, p.name)
		}
	}
	return nil
}

// checked lets read read the file, and all of it be summed.
func checked(f fetch.File, file *os.File, read func(io.Reader) error) error {
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != f.Size {
		return fmt.Errorf("has %d bytes, want %d", info.Size(), f.Size)
	}
	sum := f.NewSum()
	r := io.TeeReader(file, sum)
	if err := read(r); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return sum.Check()
}

// origin names the files and how they are read, for the file that keeps what they held. The number grows when
// the reading changes.
func (p *published) origin(reading int) string {
	text := fmt.Sprintf("reading %d of", reading)
	for _, f := range p.files {
		text += fmt.Sprintf(" %s %s %s", f.Name, f.SHA256, f.MD5)
	}
	return text
}

// keptIn is where the decoded pictures of the files are kept.
func (p *published) keptIn(o Options, side, channels int) (kept, error) {
	dir, err := o.folder(p.folder)
	return kept{path: filepath.Join(dir, p.folder+".pictures"), origin: p.origin(1), height: side, width: side, channels: channels}, err
}
