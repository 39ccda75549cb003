package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// comparisonPlan is compare.json: what is compared. Only its measurements are added to later.
type comparisonPlan struct {
	Data     contrastive.Data   `json:"data"`
	Budget   string             `json:"budget,omitempty"` // training time of each run, or else
	Steps    int                `json:"steps,omitempty"`  // its number of steps
	Seeds    int                `json:"seeds"`
	Baseline contrastive.Config `json:"baseline"` // of the untrained encoder
	Rows     []plannedRow       `json:"rows"`
}

// plannedRow is one method in one setting.
type plannedRow struct {
	Key    string             `json:"key"`    // the row's name in -methods and of its folders
	Title  string             `json:"title"`  // in tables
	Config contrastive.Config `json:"config"` // apart from steps and seed

	// What was measured: the steps of a run and, where they come from a budget, the time of one.
	Steps          int     `json:"measured_steps,omitempty"`
	SecondsPerStep float64 `json:"measured_seconds_per_step,omitempty"`
}

// comparison is a plan that is known to be possible, and what has come of it.
type comparison struct {
	dir      string
	plan     comparisonPlan
	source   *datasets.Source
	train    *datasets.Images
	protocol eval.CrossDomainOptions
	skipped  []string // sentences on the methods that the data cannot train

	baselines []*comparedRow
	rows      []*comparedRow // of plan.Rows
}

func (c *comparison) planPath() string { return filepath.Join(c.dir, "compare.json") }

// plan makes a plan of what was asked for and compares it with the folder's. Its errors are mistakes in what was
// asked for.
func (ask *comparisonRequest) plan(call *call) (*comparison, error) {
	saved, err := readComparison(filepath.Join(ask.dir, "compare.json"))
	if err != nil {
		return nil, badInput(err)
	}
	name := ask.choice.data
	if saved != nil && ask.onlyDir {
		name, ask.choice.files = trainedOn(saved.Data, ask.choice.files)
	}
	c := &comparison{dir: ask.dir}
	if c.source, err = ask.choice.files.open(call, name); err != nil {
		return nil, err
	}
	p, err := protocolOf(c.source)
	if err != nil {
		return nil, err
	}
	if !p.byItem() {
		return nil, usage("lab compare measures how pictures of one item by several artists find each other, and %s has classes only; compare on other data with -data, or use lab train and lab eval, one method at a time", c.source.Name)
	}
	c.protocol = p.options()
	c.train = c.source.Train()
	if saved != nil && ask.onlyDir {
		c.plan = *saved
		return c, c.checkSaved()
	}
	if err := c.make(ask); err != nil {
		return nil, badInput(err)
	}
	if saved == nil {
		return c, nil
	}
	before, seeds := *saved, c.plan.Seeds
	before.Seeds = max(before.Seeds, seeds) // more seeds go on with what is finished
	if different := planDifferences(before, c.plan); len(different) > 0 {
		return nil, usage("%s holds another comparison: %s; choose another folder with -dir, or go on with that one: %s",
			ask.dir, strings.Join(different, "; "), commandLine("compare", "-dir", ask.dir))
	}
	c.plan = *saved
	c.plan.Seeds = seeds
	return c, nil
}

// readComparison is the plan at path, nil if there is none.
func readComparison(path string) (*comparisonPlan, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no folder for a comparison: %w; choose another with -dir", filepath.Dir(path), err)
	}
	plan := &comparisonPlan{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(plan); err != nil {
		return nil, fmt.Errorf("%s is damaged, or of another version of the lab: %w; mend it, or choose another folder with -dir", path, err)
	}
	return plan, nil
}

// checkSaved sees whether a plan from a folder still fits the program and its data.
func (c *comparison) checkSaved() error {
	fresh, err := contrastive.Untrained(nil, c.train, c.plan.Baseline)
	if err != nil {
		return badInput(err)
	}
	if fresh.Data != c.plan.Data {
		return usage("%s compares on other data than the %s of this program: %s pictures, now %s; choose another folder with -dir",
			c.planPath(), c.train.Name, thousands(c.plan.Data.Pictures), thousands(fresh.Data.Pictures))
	}
	for _, row := range c.plan.Rows {
		if _, err := row.Config.For(c.train); err != nil {
			return usage("%s: %s: %w", c.planPath(), row.Key, err)
		}
	}
	return nil
}

// save writes the plan with what is measured so far.
func (c *comparison) save() error { return saveJSON(c.planPath(), c.plan) }

// saveJSON replaces the file at path in one go.
func saveJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return os.Rename(path+".new", path)
}

// make plans what was asked for.
func (c *comparison) make(ask *comparisonRequest) error {
	c.plan.Seeds = ask.seeds
	switch {
	case ask.seeds < 1:
		return fmt.Errorf("-seeds %d: at least one is needed, and two for a spread", ask.seeds)
	case ask.timed && ask.budget <= 0:
		return fmt.Errorf("-budget %s: it must be above 0, such as 2m", ask.budget)
	case ask.timed:
		c.plan.Budget = ask.budget.String()
	case ask.steps < 1:
		return fmt.Errorf("-steps %d: at least 1 is needed", ask.steps)
	default:
		c.plan.Steps = ask.steps
	}
	chosen, err := chooseRows(ask.methods)
	if err != nil {
		return err
	}
	shared, own, err := splitSettings(ask.set)
	if err != nil {
		return err
	}
	base, err := ask.config(variant{key: "simclr", method: "simclr"}, "")
	if err != nil {
		return err
	}
	if err := checkShared(base, shared); err != nil {
		return err
	}
	if err := base.Set(strings.Join(shared, ";")); err != nil {
		return err
	}
	fresh, err := contrastive.Untrained(nil, c.train, base)
	if err != nil {
		return err
	}
	c.plan.Data, c.plan.Baseline = fresh.Data, fresh.Config
	for _, v := range chosen {
		config, err := ask.config(v, strings.Join(append(slices.Clone(shared), own[v.key]...), ";"))
		if err != nil {
			return fmt.Errorf("row %s: %w", v.key, err)
		}
		config, err = config.For(c.train)
		if err != nil && ask.methods == "all" && lacks(c.train, config) {
			c.skipped = append(c.skipped, fmt.Sprintf("%s is left out: %s.", v.key, oneLine(err)))
			continue
		}
		if err != nil {
			return fmt.Errorf("row %s: %w", v.key, err)
		}
		c.plan.Rows = append(c.plan.Rows, plannedRow{Key: v.key, Title: v.title, Config: config})
	}
	for key := range own {
		if !slices.ContainsFunc(chosen, func(v variant) bool { return v.key == key }) {
			return fmt.Errorf("-set changes %s, which is not compared: name it in -methods", key)
		}
	}
	if len(c.plan.Rows) == 0 {
		return fmt.Errorf("no method is left to compare: %s", strings.Join(c.skipped, " "))
	}
	return nil
}

// config is that of a row. Its seed and its steps come later.
func (ask *comparisonRequest) config(v variant, set string) (contrastive.Config, error) {
	choice := defaultChoice
	choice.data, choice.encoder, choice.augment, choice.method = ask.choice.data, ask.choice.encoder, ask.choice.augment, v.method
	config, err := choice.config()
	if err != nil {
		return config, err
	}
	return config, config.Set("keep=1;" + v.settings + ";" + set)
}

// chooseRows finds the rows of -methods, in the order of the table.
func chooseRows(names string) ([]variant, error) {
	all := compared()
	if names == "all" {
		return all, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if textOnly[name] {
			return nil, fmt.Errorf("-methods: %s learns from texts alone and trains no encoder of pictures", name)
		}
		if !slices.Contains(comparedKeys(), name) {
			near := ""
			if n := registry.Nearest(name, comparedKeys()); n != "" {
				near = fmt.Sprintf(" (did you mean %q?)", n)
			}
			return nil, fmt.Errorf("-methods: unknown method %q%s; known: all, %s", name, near, list(comparedKeys()))
		}
		wanted[name] = true
	}
	if len(wanted) == 0 {
		return nil, fmt.Errorf("-methods names none; known: all, %s", list(comparedKeys()))
	}
	return slices.DeleteFunc(all, func(v variant) bool { return !wanted[v.key] }), nil
}

// lacks says whether the data has not what the configuration learns from.
func lacks(images *datasets.Images, c contrastive.Config) bool {
	if user, ok := c.Method.(contrastive.LabelUser); ok {
		if labels, items := user.Needs(); labels && images.Labels == nil || items && images.Items == nil {
			return true
		}
	}
	if user, ok := c.Method.(contrastive.TextUser); ok {
		languages, _ := user.Texts()
		for _, language := range languages {
			if images.Items == nil || images.Captions[language] == nil {
				return true
			}
		}
	}
	return c.Positives == contrastive.SameItem && images.Items == nil
}

// splitSettings parts -set into what all rows share and, by row, what is meant for one.
func splitSettings(set string) (shared []string, own map[string][]string, err error) {
	own = map[string][]string{}
	keys := comparedKeys()
	for setting := range strings.FieldsFuncSeq(set, func(r rune) bool { return r == ';' || r == '\n' }) {
		setting = strings.TrimSpace(setting)
		if path, isFile := strings.CutPrefix(setting, "file:"); isFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, nil, fmt.Errorf("settings: %w", err)
			}
			if strings.Contains("\n"+string(text), "\nfile:") {
				return nil, nil, fmt.Errorf("%s: a settings file cannot name another", path)
			}
			more, moreOwn, err := splitSettings(string(text))
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
			shared = append(shared, more...)
			for key, settings := range moreOwn {
				own[key] = append(own[key], settings...)
			}
			continue
		}
		if setting == "" || strings.HasPrefix(setting, "#") {
			continue
		}
		name, _, _ := strings.Cut(setting, "=")
		name = strings.TrimSpace(name)
		key, _, scoped := strings.Cut(name, "/")
		decided := map[string]string{"steps": "-steps", "epochs": "-steps or -budget", "seed": "-seeds"}
		if flag := decided[name[strings.LastIndex(name, "/")+1:]]; flag != "" {
			return nil, nil, fmt.Errorf("-set %q: a comparison decides it: use %s", setting, flag)
		}
		if scoped && slices.Contains(keys, key) {
			_, rest, _ := strings.Cut(setting, "/")
			own[key] = append(own[key], rest)
		} else {
			shared = append(shared, setting)
		}
	}
	return shared, own, nil
}

// checkShared refuses what only some methods have among the settings for all.
func checkShared(base contrastive.Config, shared []string) error {
	settings, err := base.Settings()
	if err != nil {
		return err
	}
	common := map[string]bool{}
	for _, s := range settings {
		if s.Part != "method" {
			common[s.Name] = true
		}
	}
	for _, setting := range shared {
		name, _, _ := strings.Cut(setting, "=")
		name = strings.TrimSpace(name)
		part, last, scoped := strings.Cut(name, "/")
		if scoped {
			name = last
		}
		switch {
		case name == "positives":
			return fmt.Errorf("-set %q: rows such as simclr_same_item compare that; for one row write simclr/%s", setting, setting)
		case scoped && !slices.Contains([]string{"run", "method", "encoder", "head", "optimizer"}, part):
			near := registry.Nearest(part, comparedKeys())
			if near != "" {
				near = fmt.Sprintf(" (did you mean %q?)", near)
			}
			return fmt.Errorf("-set %q: there is no method %q%s; known: %s", setting, part, near, list(comparedKeys()))
		case scoped && part == "method" || !common[name] && isHyperparameter(name):
			return fmt.Errorf("-set %q: only some methods have it; write the method in front, such as simclr/%s", setting, strings.TrimPrefix(setting, "method/"))
		}
	}
	return nil
}

// planDifferences names where two plans differ, apart from what was measured. What differs in all rows is said once.
func planDifferences(old, new comparisonPlan) []string {
	keys := func(p comparisonPlan) (keys []string) {
		for _, row := range p.Rows {
			keys = append(keys, row.Key)
		}
		return keys
	}
	found := treeDifferences(planHead(old), planHead(new))
	if a, b := keys(old), keys(new); !slices.Equal(a, b) {
		return append(found, fmt.Sprintf("methods were %s, now %s", list(a), list(b)))
	}
	rowsOf := map[string][]string{}
	for i := range old.Rows {
		for _, difference := range treeDifferences(old.Rows[i].Config, new.Rows[i].Config) {
			rowsOf[difference] = append(rowsOf[difference], old.Rows[i].Key)
		}
	}
	for _, difference := range slices.Sorted(maps.Keys(rowsOf)) {
		if len(rowsOf[difference]) < len(old.Rows) {
			difference = list(rowsOf[difference]) + ": " + difference
		}
		found = append(found, difference)
	}
	return found
}

// planHead is a plan without its rows and what follows from them.
func planHead(p comparisonPlan) map[string]any {
	head := map[string]any{"data": p.Data, "budget": p.Budget, "seeds": p.Seeds}
	if p.Steps > 0 {
		head["steps"] = p.Steps
	}
	return head
}

// treeDifferences lists where the JSON of two values differs.
func treeDifferences(old, new any) []string {
	tree := func(v any) (tree any) {
		text, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(text, &tree)
		}
		if err != nil {
			return err.Error()
		}
		return tree
	}
	var found []string
	var walk func(path string, a, b any)
	walk = func(path string, a, b any) {
		treeA, okA := a.(map[string]any)
		treeB, okB := b.(map[string]any)
		if okA && okB {
			both := maps.Clone(treeA)
			maps.Copy(both, treeB)
			for key := range both {
				walk(path+"/"+key, treeA[key], treeB[key])
			}
			return
		}
		if !reflect.DeepEqual(a, b) {
			found = append(found, fmt.Sprintf("%s was %s, now %s", strings.TrimPrefix(path, "/"), short(a), short(b)))
		}
	}
	walk("", tree(old), tree(new))
	slices.Sort(found)
	return found
}

// short is a value of a JSON tree in a few words.
func short(v any) string {
	if v == nil || v == "" {
		return "none"
	}
	text, _ := json.Marshal(v)
	if s := strings.Trim(string(text), `"`); len([]rune(s)) <= 60 {
		return s
	}
	return string([]rune(string(text))[:57]) + "..."
}
