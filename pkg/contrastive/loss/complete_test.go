package loss_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingIsMissing reads the package's source: each exported function that makes a node says what it is, in which paper if it
// is a loss, and has a runnable example; each loss is among the cases that are compared with the oracle, and is fuzzed.
func TestNothingIsMissing(t *testing.T) {
	notLosses := map[string]bool{ // parts that losses are made of, and what is computed beside them
		"CosineSimilarity": true, "DotSimilarity": true, "NegativeSquaredEuclidean": true, "Normalize": true,
		"PairMask": true, "NotSelf": true, "SameLabel": true, "InstanceLabels": true, "TwoViewMasks": true,
		"PositiveRank": true, "DINOCenter": true, "InfoNCEGradQuery": true, "InfoNCEGradKeys": true,
	}
	parse := func(test bool) (files []*ast.File) {
		names, err := filepath.Glob("*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") != test {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		return files
	}
	tests := map[string]bool{}
	for _, file := range parse(true) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				tests[f.Name.Name] = true
			}
		}
	}
	found := 0
	for _, file := range parse(false) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || f.Recv != nil && f.Name.Name != "Loss" || !makesNode(f) {
				continue
			}
			name, example := f.Name.Name, "Example"+f.Name.Name
			if f.Recv != nil {
				name = f.Recv.List[0].Type.(*ast.Ident).Name // Contrast.Loss, Triplet.Loss
				example = "Example" + name
				if name == "Triplet" {
					example += "_Loss"
				}
			}
			if !strings.HasPrefix(f.Doc.Text(), f.Name.Name+" ") {
				t.Errorf("%s: its documentation does not begin with its name", name)
			}
			if notLosses[name] || name == "Contrast" { // Contrast has a test with masks of any kind
				continue
			}
			found++
			base := strings.TrimSuffix(name, "Learned") // the same with a learned temperature
			if base == name && !strings.ContainsAny(f.Doc.Text(), "0123456789") {
				t.Errorf("%s: its documentation names no paper", name)
			}
			if !tests[example] {
				t.Errorf("%s has no example %s", name, example)
			}
			if fuzz := strings.TrimSuffix("Fuzz"+base, "Queue"); !tests[fuzz] {
				t.Errorf("%s has no %s", name, fuzz)
			}
			compared := false
			for _, c := range cases(1) {
				compared = compared || strings.HasPrefix(c.name, name)
			}
			if !compared {
				t.Errorf("%s is not compared with its oracle", name)
			}
		}
	}
	if found != 20 {
		t.Errorf("%d losses were found, not 20: say here what a new one is", found)
	}
}

// makesNode says whether the first result of a function is a node or VICReg's terms.
func makesNode(f *ast.FuncDecl) bool {
	if f.Type.Results == nil {
		return false
	}
	switch result := f.Type.Results.List[0].Type.(type) {
	case *ast.StarExpr:
		selector, ok := result.X.(*ast.SelectorExpr)
		return ok && selector.Sel.Name == "Node"
	case *ast.Ident:
		return result.Name == "VICRegTerms"
	}
	return false
}
