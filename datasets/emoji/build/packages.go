package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pkg is one npm package at one version, as `npm pack` delivers it.
type pkg struct {
	name, version string
	sha512        string   // of the tarball, base64: what npm calls "integrity"
	want          []string // path prefixes inside the tarball that are read, without "package/"
}

// The inputs. A tarball with another sum is refused, so the output can only change with this table.
var (
	noto = pkg{"emoji-datasource-google", "16.0.0",
		"ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==",
		[]string{"emoji.json", "img/google/64/"}}
	twemoji = pkg{"emoji-datasource-twitter", "16.0.0",
		"7F+uCuHH+7Qnrc15P5tnbvKkg9E6tlzi4MnT2uW1RlN4pLYTza6cP/dstIfSDMtpjFLWuZewWg8jBbuL2eyELQ==",
		[]string{"img/twitter/64/"}}
	fluent3D = pkg{"@lobehub/fluent-emoji-3d", "1.1.0",
		"Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
		[]string{"assets/"}}
	fluentFlat = pkg{"@lobehub/fluent-emoji-flat", "1.1.0",
		"lPYCg8+N56MIj+iOgeBeH6AF0tneXxJCvgi41rOTjAWpA5rU2WUcmU1fiIXouEe8GrSTarWCYLY2ML+rdLRHsg==",
		[]string{"assets/"}}
	openmoji = pkg{"openmoji", "17.0.0",
		"EBnYrNGdcdw+OSXmENeNE1yBNRu6tOraTmoOyUbJkTmvT/+XETp8RZLSJFzD3lrPc5N9CzsyPnRTk0Vp4UaI9w==",
		[]string{"color/svg/"}}
	cldr = pkg{"cldr-annotations-full", "48.2.0",
		"DV7A+rEcgUSNTRsVGNGqBZRmAkGfwhGHO5Q1dRwzBoBnVrHWp804JP7/QJdEc66iHmx3+zLWVIMCFLm0lW7PUQ==",
		[]string{"annotations/en/", "annotations/zh/"}}
	cldrDerived = pkg{"cldr-annotations-derived-full", "48.2.0",
		"log62km+AOzI7n/NEuNNFV0mg9DWnt67EYCh1RwxZq9dyRuyteB586LT83Ke8TchEfnwI9cIk2P31zO4nTvZmw==",
		[]string{"annotationsDerived/en/", "annotationsDerived/zh/"}}
	resvg = pkg{"@resvg/resvg-wasm", "2.6.2",
		"FqALmHI8D4o6lk/LRWDnhw95z5eO+eAa6ORjVg09YRR7BkcM6oPHU9uyC0gtQG5vpFLvgpeU4+zEAz2H8APHNw==",
		[]string{"index_bg.wasm"}}

	allPackages = []pkg{noto, twemoji, fluent3D, fluentFlat, openmoji, cldr, cldrDerived, resvg}
)

// file is the name that `npm pack` gives the tarball: "@a/b" at "1.0" becomes "a-b-1.0.tgz".
func (p pkg) file() string {
	return strings.ReplaceAll(strings.TrimPrefix(p.name, "@"), "/", "-") + "-" + p.version + ".tgz"
}

// fetch downloads the package into dir unless it is there already.
func (p pkg) fetch(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, p.file())); err == nil {
		return nil
	}
	cmd := exec.Command("npm", "pack", "--silent", p.name+"@"+p.version)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npm pack %s@%s: %w", p.name, p.version, err)
	}
	return nil
}

// open verifies the tarball and returns the files wanted from it, by path without "package/".
func (p pkg) open(dir string) (map[string][]byte, error) {
	path := filepath.Join(dir, p.file())
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: run with -fetch, or `npm pack %s@%s` in %s", path, p.name, p.version, dir)
	}
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(raw)
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != p.sha512 {
		return nil, fmt.Errorf("%s: sha512 is %s, want %s: delete the file and fetch it again", path, got, p.sha512)
	}
	zr, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	files := map[string][]byte{}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		name := strings.TrimPrefix(h.Name, "package/")
		for _, prefix := range p.want {
			if strings.HasPrefix(name, prefix) {
				if files[name], err = io.ReadAll(tr); err != nil {
					return nil, fmt.Errorf("%s: %s: %w", path, name, err)
				}
				break
			}
		}
	}
}
