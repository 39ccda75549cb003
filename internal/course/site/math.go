package site

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/wyatt915/treeblood"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// math makes MathML, which browsers draw without a library, of $...$ and $$...$$ as GitHub and Jupyter take them.
type math struct{}

func (math) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		// Before lists and headings: a formula's line may begin with + or =.
		parser.WithBlockParsers(util.Prioritized(displayParser{}, 50)),
		parser.WithInlineParsers(util.Prioritized(inlineParser{}, 50)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(mathRenderer{}, 50)))
}

var kindInline, kindDisplay = ast.NewNodeKind("InlineFormula"), ast.NewNodeKind("DisplayFormula")

type inlineFormula struct {
	ast.BaseInline
	tex     string
	display bool // $$...$$ inside a paragraph
}

func (*inlineFormula) Kind() ast.NodeKind              { return kindInline }
func (n *inlineFormula) Dump(source []byte, depth int) { ast.DumpHelper(n, source, depth, nil, nil) }

type displayFormula struct{ ast.BaseBlock }

func (*displayFormula) Kind() ast.NodeKind              { return kindDisplay }
func (n *displayFormula) Dump(source []byte, depth int) { ast.DumpHelper(n, source, depth, nil, nil) }
func (*displayFormula) IsRaw() bool                     { return true }

var dollars = []byte("$$")

type inlineParser struct{}

func (inlineParser) Trigger() []byte { return []byte{'$'} }

func (inlineParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if bytes.HasPrefix(line, dollars) {
		end := bytes.Index(line[2:], dollars)
		if end < 1 {
			return nil
		}
		block.Advance(end + 4)
		return &inlineFormula{tex: string(line[2 : 2+end]), display: true}
	}
	// As in GitHub's Markdown: no space inside the dollars, no digit after them, so that "$5 and $6" stays money.
	for end := 2; end < len(line); end++ {
		switch {
		case line[end] != '$' || line[end-1] == '\\':
			continue
		case line[1] == ' ' || line[end-1] == ' ':
			return nil
		case end+1 < len(line) && '0' <= line[end+1] && line[end+1] <= '9':
			return nil
		}
		block.Advance(end + 1)
		return &inlineFormula{tex: string(line[1:end])}
	}
	return nil
}

// displayParser takes blocks that begin with $$ on a line, up to the $$ that ends a line.
type displayParser struct{}

func (displayParser) Trigger() []byte                             { return []byte{'$'} }
func (displayParser) CanInterruptParagraph() bool                 { return true }
func (displayParser) CanAcceptIndentedLine() bool                 { return false }
func (displayParser) Close(ast.Node, text.Reader, parser.Context) {}

func (displayParser) Open(_ ast.Node, reader text.Reader, _ parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	trimmed := bytes.TrimSpace(line)
	if !bytes.HasPrefix(trimmed, dollars) {
		return nil, parser.NoChildren
	}
	if rest := trimmed[2:]; bytes.Contains(rest, dollars) && !bytes.HasSuffix(rest, dollars) {
		return nil, parser.NoChildren // text goes on after the formula
	}
	n := &displayFormula{}
	n.Lines().Append(segment)
	reader.Advance(segment.Len() - 1)
	return n, parser.NoChildren
}

func (displayParser) Continue(node ast.Node, reader text.Reader, _ parser.Context) parser.State {
	if bytes.Count(node.Lines().Value(reader.Source()), dollars) > 1 {
		return parser.Close
	}
	_, segment := reader.PeekLine()
	node.Lines().Append(segment)
	reader.Advance(segment.Len() - 1)
	return parser.Continue | parser.NoChildren
}

type mathRenderer struct{}

func (mathRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindInline, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		f := n.(*inlineFormula)
		return writeMath(w, f.tex, f.display, entering)
	})
	r.Register(kindDisplay, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		tex := strings.TrimSpace(string(n.Lines().Value(source)))
		return writeMath(w, strings.TrimSuffix(strings.TrimPrefix(tex, "$$"), "$$"), true, entering)
	})
}

func writeMath(w util.BufWriter, tex string, display, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	mathML, err := toMathML(tex, display)
	if err != nil {
		return ast.WalkStop, err
	}
	_, err = w.WriteString(mathML)
	return ast.WalkSkipChildren, err
}

// macros are commands of LaTeX that the translator lacks.
var macros = map[string]string{
	"arg":          `\mathrm{arg}`,
	"boxed":        `{#1}`, // Chromium draws no <menclose>
	"operatorname": `\mathrm{#1}`,
	"tfrac":        `{\textstyle \frac{#1}{#2}}`,
}

// shortFraction finds the arguments of \frac12, which the translator wants in braces: the first, then the second.
var shortFraction = [2]*regexp.Regexp{regexp.MustCompile(`(\\[td]?frac) ?([0-9A-Za-z])`), regexp.MustCompile(`(\\[td]?frac\{[0-9A-Za-z]\})([0-9A-Za-z])`)}

// toMathML translates one formula. A command that the translator does not know is an error: it would stand in the page
// as its name.
func toMathML(tex string, display bool) (mathML string, err error) {
	defer func() { // the translator indexes beyond the end of some broken formulas
		if r := recover(); r != nil {
			err = fmt.Errorf("formula %q cannot be read: %v", tex, r)
		}
	}()
	full := shortFraction[1].ReplaceAllString(shortFraction[0].ReplaceAllString(tex, "$1{$2}"), "$1{$2}")
	if display {
		mathML, err = treeblood.DisplayStyle(full, macros)
		mathML = `<div class="formula">` + mathML + "</div>\n"
	} else {
		mathML, err = treeblood.InlineStyle(full, macros)
	}
	if err == nil && strings.Contains(mathML, "<merror") {
		err = fmt.Errorf("a command in it is unknown")
	}
	if err != nil {
		return "", fmt.Errorf("formula %q: %w", tex, err)
	}
	return spaced(mathML), nil
}

// functionName is the name of a function as the translator writes it, with the end of what stands before it and an opening
// parenthesis after it. The translator writes attributes in an order that changes from call to call.
var functionName = regexp.MustCompile(`(</m[a-z]+>\s*)?<mi lspace="0\.11111em">([^<]*)</mi>(\s*<mo [^>]*form="prefix")?`)

// spaced gives the names of functions their distance, "x log y": only operators may have one in MathML.
func spaced(mathML string) string {
	return functionName.ReplaceAllStringFunc(mathML, func(found string) string {
		part := functionName.FindStringSubmatch(found)
		before, after := "0.17em", "0.17em"
		if part[1] == "" || strings.HasPrefix(part[1], "</mo>") {
			before = "0"
		}
		if part[3] != "" {
			after = "0"
		}
		return fmt.Sprintf(`%s<mo lspace="%s" rspace="%s">%s</mo>%s`, part[1], before, after, part[2], part[3])
	})
}
