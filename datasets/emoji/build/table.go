package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// item is one emoji as it goes into items.json.
type item struct {
	Code     string   `json:"code"` // code points in hexadecimal, joined by "-", fully qualified
	Group    int      `json:"group"`
	Subgroup int      `json:"subgroup"`
	EN       []string `json:"en"` // short name, then keywords
	ZH       []string `json:"zh"`
}

// glyph is the emoji as text.
func (it item) glyph() string {
	var s strings.Builder
	for _, hex := range strings.Split(it.Code, "-") {
		r, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			panic(fmt.Sprintf("code %q: %v", it.Code, err))
		}
		s.WriteRune(rune(r))
	}
	return s.String()
}

// table is items.json.
type table struct {
	Groups    []string `json:"groups"`
	Subgroups []string `json:"subgroups"`
	Items     []item   `json:"items"`
}

// encode writes the table as JSON with one emoji per line, so that a change shows as a change of that emoji.
func (t table) encode() ([]byte, error) {
	var out bytes.Buffer
	line := func(v any) string {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			panic(err) // strings and integers always encode
		}
		return strings.TrimSuffix(b.String(), "\n")
	}
	fmt.Fprintf(&out, "{\"groups\": %s,\n\"subgroups\": %s,\n\"items\": [\n", line(t.Groups), line(t.Subgroups))
	for i, it := range t.Items {
		end := ",\n"
		if i == len(t.Items)-1 {
			end = "\n"
		}
		out.WriteString(line(it) + end)
	}
	out.WriteString("]}\n")
	if !json.Valid(out.Bytes()) {
		return nil, errors.New("items.json would not be valid JSON")
	}
	return out.Bytes(), nil
}

// datasourceEmoji is what is read of an entry of emoji-datasource's emoji.json. Skin tones and other
// variants are nested inside their base entry, so the top level holds base emoji only.
type datasourceEmoji struct {
	Unified     string `json:"unified"`
	ShortName   string `json:"short_name"`
	Category    string `json:"category"`
	Subcategory string `json:"subcategory"`
	SortOrder   int    `json:"sort_order"`
	HasGoogle   bool   `json:"has_img_google"`
	HasTwitter  bool   `json:"has_img_twitter"`
}

// base lists the base emoji in CLDR order, without flags and without the five skin-tone swatches.
func base(raw []byte) ([]datasourceEmoji, error) {
	var all []datasourceEmoji
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("emoji.json: %w", err)
	}
	all = slices.DeleteFunc(all, func(e datasourceEmoji) bool {
		return e.Category == "Flags" || e.Category == "Component"
	})
	slices.SortFunc(all, func(a, b datasourceEmoji) int { return cmp.Compare(a.SortOrder, b.SortOrder) })
	return all, nil
}

// find returns the file of an emoji: the packages write codes in either case, with or without the
// variation selector FE0F.
func find(files map[string][]byte, dir, code, ext string) (string, bool) {
	code = strings.ToLower(code)
	bare := withoutFE0F(code)
	for _, c := range []string{code, bare, strings.ToUpper(code), strings.ToUpper(bare)} {
		if name := dir + c + ext; files[name] != nil {
			return name, true
		}
	}
	return "", false
}

func withoutFE0F(code string) string {
	parts := strings.Split(strings.ToLower(code), "-")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "fe0f" }), "-")
}

// annotations are CLDR's names of one language.
type annotations map[string]struct {
	Default []string `json:"default"` // keywords
	TTS     []string `json:"tts"`     // one short name
}

// readAnnotations merges the two CLDR files of a language.
func readAnnotations(plain, derived []byte) (annotations, error) {
	var p struct {
		A struct {
			A annotations `json:"annotations"`
		} `json:"annotations"`
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, fmt.Errorf("annotations.json: %w", err)
	}
	var d struct {
		A struct {
			A annotations `json:"annotations"`
		} `json:"annotationsDerived"`
	}
	if err := json.Unmarshal(derived, &d); err != nil {
		return nil, fmt.Errorf("annotationsDerived: %w", err)
	}
	out := p.A.A
	for glyph, a := range d.A.A {
		if _, ok := out[glyph]; !ok {
			out[glyph] = a
		}
	}
	return out, nil
}

// captions returns the short name, then the keywords that differ from it.
func (a annotations) captions(glyph string) ([]string, error) {
	entry, ok := a[glyph]
	if !ok {
		entry, ok = a[strings.ReplaceAll(glyph, "\uFE0F", "")]
	}
	if !ok || len(entry.TTS) == 0 {
		return nil, fmt.Errorf("CLDR has no name for %s", glyph)
	}
	out := slices.Clone(entry.TTS[:1])
	for _, k := range entry.Default {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out, nil
}

// index is the position of name in list, appended when new.
func index(list *[]string, name string) int {
	if i := slices.Index(*list, name); i >= 0 {
		return i
	}
	*list = append(*list, name)
	return len(*list) - 1
}
