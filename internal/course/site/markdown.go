package site

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// page is one file of the site while it is made.
type page struct {
	site  *builder
	from  string // the file it is made of, below the root
	to    string // its own, below the site
	heads []head // of level 2, for the contents
}

type head struct{ id, text string }

var converter = goldmark.New(
	goldmark.WithExtensions(extension.GFM, math{}),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	// Raw HTML is folded answers and anchors; the texts are the project's own.
	goldmark.WithRendererOptions(html.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(codeRenderer{}, 50))),
)

// markdown is a text as HTML, its links leading to pages of the site.
func (p *page) markdown(source []byte) (string, error) {
	document := converter.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(ids{p}))))
	err := ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			target, inside, err := p.target(string(n.Destination))
			if err != nil {
				return ast.WalkStop, err
			}
			if !inside {
				n.SetAttributeString("title", []byte("in the repository: "+target))
				target = "#"
			}
			n.Destination = []byte(target)
		case *ast.Image:
			target, err := p.picture(string(n.Destination))
			if err != nil {
				return ast.WalkStop, err
			}
			n.Destination = []byte(target)
		case *ast.Heading:
			if id, ok := n.AttributeString("id"); ok && n.Level == 2 {
				p.heads = append(p.heads, head{string(id.([]byte)), string(n.Lines().Value(source))})
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := converter.Renderer().Render(&b, source, document); err != nil {
		return "", err
	}
	return strings.ReplaceAll(b.String(), " ± ", "\u00a0±\u00a0"), nil // a value and its spread stay on one line
}

// target is where a link leads on the site, and false with its path where the file is no part of the site.
func (p *page) target(link string) (string, bool, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", false, fmt.Errorf("link %q: %w", link, err)
	}
	if u.Scheme != "" || u.Host != "" || u.Path == "" {
		return link, true, nil
	}
	file := path.Join(path.Dir(p.from), u.Path)
	to, ok := p.site.pages[file]
	if !ok && strings.HasSuffix(file, ".svg") {
		picture, err := p.picture(link)
		return picture, true, err
	}
	if !ok {
		return file, false, nil
	}
	u.Path = relative(p.to, to)
	return u.String(), true, nil
}

// picture takes a local picture into the site.
func (p *page) picture(link string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("picture %q: %w", link, err)
	}
	if u.Scheme == "data" {
		return link, nil
	}
	if u.Scheme != "" || u.Host != "" {
		return "", fmt.Errorf("picture %q lies on another host: the site must open without network", link)
	}
	file := path.Join(path.Dir(p.from), u.Path)
	if !slices.Contains(p.site.files, file) {
		p.site.files = append(p.site.files, file)
	}
	return relative(p.to, file), nil
}

// relative is the way from one file of the site to another.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")) + to
}

// ids names headings by their words, in any script, once on a page.
type ids struct{ page *page }

func (s ids) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	for _, r := range strings.ToLower(string(value)) {
		switch {
		case r == ' ' || r == '-':
			b.WriteByte('-')
		case r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 0x7f && r != '·' && r != '：':
			b.WriteRune(r)
		}
	}
	name := "s-" + strings.Trim(b.String(), "-")
	for id, n := name, 2; ; id, n = fmt.Sprintf("%s-%d", name, n), n+1 {
		if !slices.ContainsFunc(s.page.heads, func(h head) bool { return h.id == id }) {
			return []byte(id)
		}
	}
}

func (ids) Put([]byte) {}

// codeRenderer colors fenced code.
type codeRenderer struct{}

func (codeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		block := n.(*ast.FencedCodeBlock)
		code, err := highlightAs(string(block.Language(source)), string(block.Lines().Value(source)))
		if err == nil {
			_, err = w.WriteString(code)
		}
		return ast.WalkSkipChildren, err
	})
}

var formatter = chromahtml.New(chromahtml.WithClasses(true))

// highlight is Go code as HTML with classes.
func highlight(source string) (string, error) { return highlightAs("go", source) }

func highlightAs(language, source string) (string, error) {
	lexer := lexers.Get(language)
	if lexer == nil {
		lexer = lexers.Fallback
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, source)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = formatter.Format(&b, styles.Get("github"), tokens)
	return b.String(), err
}

// codeStyle is the style sheet of highlight, for light and dark.
func codeStyle() (string, error) {
	var light, dark bytes.Buffer
	if err := formatter.WriteCSS(&light, styles.Get("github")); err != nil {
		return "", err
	}
	if err := formatter.WriteCSS(&dark, styles.Get("github-dark")); err != nil {
		return "", err
	}
	return light.String() + "@media (prefers-color-scheme: dark) {\n" + dark.String() + "}\n", nil
}
