package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Listing is what a folder holds, before any picture is decoded.
type Listing struct {
	// Root is the folder's absolute path.
	Root string
	// Train and Test are the files of the parts, sorted by path.
	Train, Test []Entry
	// Classes are the names of the classes in both parts, sorted; nil where no file has one.
	Classes []string
	// Skipped are the files that cannot be used, before decoding any.
	Skipped []Skipped
}

// Entry is a file that should be a picture.
type Entry struct {
	Path  string // below Root, with slashes
	Class int32  // index into Classes, −1 without

	class    string
	size     int64
	modified int64 // in nanoseconds
}

// Skipped is a file that was left out, and why.
type Skipped struct{ Path, Reason string }

// trainNames and testNames are the folders that are parts. The earlier names are preferred.
var (
	trainNames = []string{"train", "training"}
	testNames  = []string{"test", "val", "valid", "validation"}
)

// extensions of files that are taken for pictures; what they really are is decided by their content.
var extensions = []string{".jpg", ".jpeg", ".png", ".webp", ".gif"}

// List finds the pictures of a folder. Links to files outside it are not followed, nor are links to folders.
// Errors: no such folder; no pictures in it; most pictures beside class folders.
func List(dir string) (*Listing, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", absolute)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; name the folder that holds the pictures", absolute)
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	l := &Listing{Root: absolute}
	parts, err := partFolders(root)
	if err != nil {
		return nil, err
	}
	if train := firstOf(parts, trainNames); train != "" {
		if l.Train, err = l.scan(root, train); err != nil {
			return nil, err
		}
		if err := l.scanTest(root, parts); err != nil {
			return nil, err
		}
	} else if l.Train, err = l.scan(root, "."); err != nil {
		return nil, err
	}
	if len(l.Train) == 0 {
		return nil, fmt.Errorf("%s holds no pictures to learn from: wanted %s in it or in folders below%s",
			absolute, strings.Join(extensions, ", "), example(l.Skipped))
	}
	l.number()
	return l, nil
}

// scanTest lists the part to measure on: the first of testNames that knows a class of the training part, as
// Tiny-ImageNet has a test folder without labels and a val folder with them; else the first at all.
func (l *Listing) scanTest(root *os.Root, parts []string) error {
	known := map[string]bool{}
	for _, e := range l.Train {
		known[e.class] = true
	}
	for _, name := range testNames {
		dir := firstOf(parts, []string{name})
		if dir == "" {
			continue
		}
		skipped := len(l.Skipped)
		entries, err := l.scan(root, dir)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(entries, func(e Entry) bool { return known[e.class] }) {
			l.Test = entries
			return nil
		}
		l.Skipped = l.Skipped[:skipped]
		if len(entries) > 0 {
			l.Skipped = append(l.Skipped, Skipped{dir, fmt.Sprintf("is no part to measure on: none of its classes, such as %q, is in the training part", entries[0].class)})
		}
	}
	return nil
}

// partFolders are the names of the folders directly in root.
func partFolders(root *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// firstOf is the first of parts that is called like one of names, in whatever case.
func firstOf(parts, names []string) string {
	for _, name := range names {
		if i := slices.IndexFunc(parts, func(p string) bool { return strings.EqualFold(p, name) }); i >= 0 {
			return parts[i]
		}
	}
	return ""
}

// scan lists the pictures below dir. The first folder on the way to a picture is its class.
func (l *Listing) scan(root *os.Root, dir string) ([]Entry, error) {
	classOf, err := annotations(root, dir)
	if err != nil {
		return nil, err
	}
	var found []Entry
	direct := 0
	err = fs.WalkDir(root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			if name == dir {
				return err
			}
			l.skip(name, reason(err))
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case name != dir && (strings.HasPrefix(base, ".") || base == "__MACOSX"):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		isLink := d.Type()&fs.ModeSymlink != 0
		if !isLink && !slices.Contains(extensions, strings.ToLower(path.Ext(name))) {
			return nil
		}
		info, err := d.Info()
		if err == nil && isLink {
			info, err = root.Stat(filepath.FromSlash(name))
		}
		switch {
		case err != nil && isLink:
			l.skip(name, "is a link that leads out of the folder or nowhere")
			return nil
		case err != nil:
			l.skip(name, reason(err))
			return nil
		case isLink && info.IsDir():
			l.skip(name, "is a link to a folder, which is not followed")
			return nil
		case !slices.Contains(extensions, strings.ToLower(path.Ext(name))):
			return nil
		case !info.Mode().IsRegular():
			l.skip(name, "is no regular file")
			return nil
		}
		e := Entry{Path: name, size: info.Size(), modified: info.ModTime().UnixNano()}
		below := strings.TrimPrefix(name, dir+"/")
		if class, _, nested := strings.Cut(below, "/"); nested {
			e.class = class
		} else {
			direct++
		}
		if classOf != nil {
			e.class = classOf[base]
		}
		found = append(found, e)
		return nil
	})
	if err != nil || classOf != nil || direct == 0 || direct == len(found) {
		return found, err
	}
	if direct > len(found)-direct {
		return nil, fmt.Errorf("%s has %d pictures directly and %d in folders: move the first into class folders too, or, if there are no classes, all into one folder",
			filepath.Join(l.Root, dir), direct, len(found)-direct)
	}
	return slices.DeleteFunc(found, func(e Entry) bool {
		if e.class == "" {
			l.skip(e.Path, "lies beside the class folders")
		}
		return e.class == ""
	}), nil
}

// annotations reads Tiny-ImageNet's val_annotations.txt, a file name and its class per line, if there is one.
func annotations(root *os.Root, dir string) (map[string]string, error) {
	text, err := fs.ReadFile(root.FS(), path.Join(dir, "val_annotations.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	classes := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 2 {
			classes[fields[0]] = fields[1]
		}
	}
	return classes, nil
}

// number gives the classes their indices.
func (l *Listing) number() {
	at := map[string]int32{}
	for _, e := range slices.Concat(l.Train, l.Test) {
		if e.class != "" {
			at[e.class] = 0
		}
	}
	for class := range at {
		l.Classes = append(l.Classes, class)
	}
	slices.Sort(l.Classes)
	for i, class := range l.Classes {
		at[class] = int32(i)
	}
	for _, part := range [][]Entry{l.Train, l.Test} {
		for i := range part {
			if part[i].Class = -1; part[i].class != "" {
				part[i].Class = at[part[i].class]
			}
		}
	}
}

func (l *Listing) skip(name, why string) { l.Skipped = append(l.Skipped, Skipped{name, why}) }

// Fingerprint is a checksum of all paths, sizes and times of change: it changes when the folder does.
func (l *Listing) Fingerprint() string {
	sum := sha256.New()
	for _, part := range [][]Entry{l.Train, l.Test} {
		fmt.Fprintln(sum, len(part))
		for _, e := range part {
			fmt.Fprintf(sum, "%q %q %d %d\n", e.Path, e.class, e.size, e.modified)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// reason is an error without the path, which stands beside it.
func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// example is the first of the files left out, for an error.
func example(skipped []Skipped) string {
	if len(skipped) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d left out, such as %s: %s)", len(skipped), skipped[0].Path, skipped[0].Reason)
}
