package main

import (
	"embed"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/internal/registry"
)

//go:embed recipes/*.txt
var recipeFiles embed.FS

// recipe is a file of recipes/: what a published number, or what is known to work on a data set, was made with.
//
// Its first lines are comments: what it is, with the number that it is to reach, then the source. A second paragraph of
// comments says what a step takes here, which is told before training starts. A line
// "name = value" names the data, the method, another part, or a hyperparameter of the run. After "[method NAME]",
// "[encoder NAME]", "[head NAME]" or "[optimizer NAME]" come hyperparameters of that part, which apply where it is
// the chosen one: so the method of a recipe can be changed without leaving its temperature to the new one. Where
// another part must change with it, its name stands before the setting, as -set writes it: "head/dim = 64". A recipe
// that begins with "from = OTHER" changes another.
type recipe struct {
	name     string
	text     string  // the file
	about    string  // its first line
	source   string  // the comment after it
	measured string  // the second paragraph of comments: what it takes; "" for none
	from     *recipe // which it changes; nil for none
	choice   choice  // what it names
	sections []section
}

// section are the settings of a part, or with an empty part of the run.
type section struct{ part, settings string }

// recipes by name. The recipe with the name of a data set is what training on that starts from.
var recipes = readRecipes()

// readRecipes reads the embedded files. A mistake in one is a mistake in the program.
func readRecipes() map[string]*recipe {
	files, err := recipeFiles.ReadDir("recipes")
	if err != nil {
		panic(err)
	}
	texts := map[string]string{}
	for _, file := range files {
		text, err := recipeFiles.ReadFile("recipes/" + file.Name())
		if err != nil {
			panic(err)
		}
		texts[strings.TrimSuffix(file.Name(), path.Ext(file.Name()))] = string(text)
	}
	all := map[string]*recipe{}
	for name := range texts {
		if all[name], err = parseRecipe(name, texts); err != nil {
			panic(err)
		}
	}
	return all
}

// parseRecipe reads the recipe of that name among texts.
func parseRecipe(name string, texts map[string]string) (*recipe, error) {
	r := &recipe{name: name, text: texts[name]}
	part := ""
	for number, line := range strings.Split(r.text, "\n") {
		line = strings.TrimSpace(line)
		mistake := func(format string, args ...any) (*recipe, error) {
			return nil, fmt.Errorf("recipe %s, line %d: %s", name, number+1, fmt.Sprintf(format, args...))
		}
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "["):
			inner, closed := strings.CutSuffix(line[1:], "]")
			if kind, _, named := strings.Cut(inner, " "); !closed || !named || !slices.Contains([]string{"method", "encoder", "head", "optimizer"}, kind) {
				return mistake("%s: write [method NAME], [encoder NAME], [head NAME] or [optimizer NAME]", line)
			}
			part = inner
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if key, value = strings.TrimSpace(key), strings.TrimSpace(value); !ok || key == "" || value == "" {
			return mistake("%q: write name = value", line)
		}
		if part == "" && key == "from" {
			if len(r.sections) > 0 || r.choice != (choice{}) || texts[value] == "" || value == name {
				return mistake("from = %s: it stands first and names another recipe", value)
			}
			from, err := parseRecipe(value, texts)
			if err != nil {
				return nil, err
			}
			r.from, r.choice, r.sections = from, from.choice, slices.Clone(from.sections)
			continue
		}
		if field := r.choice.field(key); part == "" && field != nil {
			*field = value
			continue
		}
		if !strings.Contains(key, "/") {
			kind, _, _ := strings.Cut(part, " ")
			if kind == "" {
				kind = "run"
			}
			key = kind + "/" + key
		}
		r.sections = append(r.sections, section{part, key + "=" + value})
	}
	paragraphs := strings.SplitN(r.text, "\n\n", 3)
	about, source, _ := strings.Cut(strings.ReplaceAll(paragraphs[0], "# ", ""), "\n")
	r.about, r.source = about, strings.ReplaceAll(source, "\n", " ")
	if second := paragraphs[1:]; len(second) > 0 && strings.HasPrefix(second[0], "# ") {
		r.measured = strings.ReplaceAll(strings.ReplaceAll(second[0], "# ", ""), "\n", " ")
	}
	return r, nil
}

// published says that the recipe is of a published number: it names the whole training, where the others are starting
// points for a data set, or were found by trying here.
func (r *recipe) published() bool {
	for _, s := range r.sections {
		if s.part == "" && strings.HasPrefix(s.settings, "run/epochs=") {
			return true
		}
	}
	return false
}

// settings are those that apply to what c chose, as -set writes them.
func (r *recipe) settings(c choice) string {
	var all []string
	for _, s := range r.sections {
		kind, name, _ := strings.Cut(s.part, " ")
		if s.part == "" || *c.field(kind) == name {
			all = append(all, s.settings)
		}
	}
	return strings.Join(all, ";")
}

// recipeNames lists the recipes, those that data sets start from first.
func recipeNames() []string {
	var names []string
	for name := range recipes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		ofData := func(name string) bool { return recipes[name].choice.data == name }
		if ofData(a) != ofData(b) {
			if ofData(a) {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return names
}

// findRecipe is the recipe of that name; an error names those that there are.
func findRecipe(name string) (*recipe, error) {
	if r := recipes[name]; r != nil {
		return r, nil
	}
	near := ""
	if n := registry.Nearest(name, recipeNames()); n != "" {
		near = fmt.Sprintf(" (did you mean %q?)", n)
	}
	return nil, fmt.Errorf("unknown recipe %q%s; `lab help recipes` explains: %s", name, near, list(recipeNames()))
}

func writeRecipes(w io.Writer) {
	writeParagraphs(w, "`lab train -recipe NAME` trains as the source of a published number did; flags and -set change what they name. "+
		"`lab help NAME` shows a recipe, setting by setting. Those that the data sets start from and those for emoji are for two cores; the others "+
		"are for a GPU, and days of a CPU. Without -recipe, training starts from the recipe with the "+
		"name of its data set, if there is one.")
	for _, name := range recipeNames() {
		r := recipes[name]
		fmt.Fprintf(w, "\n%s\n", name)
		rows := [][]string{{"  ", r.about}, {"  ", r.source}}
		if r.measured != "" {
			rows = append(rows, []string{"  ", r.measured})
		}
		writeList(w, rows)
	}
}

// write shows the file, and the one that it changes.
func (r *recipe) write(w io.Writer) {
	fmt.Fprint(w, r.text)
	if r.from != nil {
		fmt.Fprintf(w, "\n# %s:\n\n", r.from.name)
		r.from.write(w)
	}
}
