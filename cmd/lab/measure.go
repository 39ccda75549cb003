package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// evaluation is a run beside its baselines, all measured alike.
type evaluation struct {
	*protocol
	run, untrained *contrastive.Run
	source         *datasets.Source
	rows           []measured
	names          *namesFound // nil where the method knows no texts
	notes          []string    // what was left out, and why
	added          []*addition // what was asked for beyond the table
	probePixels    bool        // however many there are
	confused       *confusion  // the classes that the run takes for each other
	encoderHash    string      // of the run, the same before and after it was measured

	status *statusLine
	parts  []timedPart
}

// measured is one way to make vectors of pictures, and what it is worth: scores where pictures of one item look for
// each other, classes where there are only labels.
type measured struct {
	key, name string
	embed     func(*datasets.Images) (*eval.Embeddings, error)
	bank      *eval.Embeddings // of an encoder, once it was measured; pixels are quicker made again than kept
	test      *eval.Embeddings
	scores    *eval.Scores
	classes   *eval.ClassScores
}

// The rows of an evaluation.
const (
	rowPixels = iota
	rowCentered
	rowUntrained
	rowRun
)

// evaluationPlan is what to measure, known to be possible.
type evaluationPlan struct {
	dir      string
	source   *datasets.Source
	protocol *protocol
	further  further
	status   *statusLine // nil for none
}

// evaluationFlags are those of commands that measure a run.
type evaluationFlags struct {
	k     int
	files dataFiles

	further further // of lab eval alone
}

func (f *evaluationFlags) declare(fs *flag.FlagSet) {
	fs.IntVar(&f.k, "k", 0, fmt.Sprintf("`K` neighbors that vote in the classification (default %d where there are pictures of one item by several artists, else %d or all there are)", itemNeighbors, classNeighbors))
	f.files.dirFlag(fs)
}

// planEvaluation checks, without a backend, that there is a run in dir and a way to measure it. Its errors are
// mistakes in what was asked for.
func planEvaluation(call *call, dir string, flags evaluationFlags) (*evaluationPlan, error) {
	saved, err := readRun(dir)
	if err != nil {
		return nil, badInput(err)
	}
	if saved == nil {
		return nil, usage("there is no run in %s (no config.json)%s", dir, existingRuns(call.command))
	}
	name, files := trainedOn(saved.Data, flags.files)
	if method, texts := saved.Config.Method.(contrastive.TextUser); texts {
		if _, shared := method.(contrastive.CrossModal); !shared {
			return nil, usage("%s learns from texts alone, and the run's encoder of pictures is untrained; measure its texts with Run.EmbedText", saved.Config.Method.Name())
		}
	}
	plan := &evaluationPlan{dir: dir, further: flags.further, status: newStatusLine(call.stderr)}
	if plan.source, err = files.open(call, name); err != nil {
		return nil, err
	}
	if plan.protocol, err = protocolOf(plan.source); err != nil {
		return nil, err
	}
	if call.set["k"] {
		if err := plan.protocol.setNeighbors(flags.k); err != nil {
			return nil, err
		}
	}
	if call.command.name == "eval" {
		return plan, plan.further.check(call, name, saved)
	}
	return plan, nil
}

// evaluate measures raw and centered pixels, the untrained encoder and the run on the run's data.
func (plan *evaluationPlan) evaluate(ctx context.Context) (*evaluation, error) {
	backend, err := contrastive.Backend()
	if err != nil {
		return nil, err
	}
	run, err := contrastive.Open(backend, plan.dir)
	if err != nil {
		return nil, badInput(err)
	}
	e := &evaluation{run: run, source: plan.source, protocol: plan.protocol, probePixels: plan.further.probe, status: plan.status}
	defer e.status.clear()
	if e.untrained, err = contrastive.Untrained(backend, plan.source.Train(), run.Config); err != nil {
		return nil, err
	}
	e.rows = e.baselines()
	if plan.further.head {
		e.rows = append(e.rows, measured{key: "run_head", name: "its head's z", embed: run.EmbedHead})
	}
	if dir := plan.further.supervised; dir != "" {
		other, err := contrastive.Open(backend, dir)
		if err != nil {
			return nil, badInput(err)
		}
		e.rows = append(e.rows, measured{key: "supervised", name: "supervised", embed: other.Embed})
	}
	e.encoderHash, err = run.Frozen(func() error {
		if err := e.measure(ctx, backend); err != nil {
			return err
		}
		return e.measureFurther(ctx, backend, &plan.further)
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// baselines are the rows that every evaluation has, the run being the last.
func (e *evaluation) baselines() []measured {
	pixels := func(images *datasets.Images) (*eval.Embeddings, error) { return eval.Pixels(images), nil }
	center := eval.Pixels(e.bank)
	centered := func(images *datasets.Images) (*eval.Embeddings, error) { return eval.Pixels(images).Centered(center) }
	return []measured{
		rowPixels:    {key: "raw_pixels", name: "raw pixels", embed: pixels},
		rowCentered:  {key: "centered_pixels", name: "pixels − mean", embed: centered},
		rowUntrained: {key: "untrained", name: "untrained", embed: e.untrained.Embed},
		rowRun:       {key: "run", name: "this run", embed: e.run.Embed},
	}
}

// measure fills the rows and the names.
func (e *evaluation) measure(ctx context.Context, backend compute.Backend) (err error) {
	for i := range e.rows {
		m := &e.rows[i]
		if err := e.timed(m.key, m.name, func() error { return e.measureRow(ctx, backend, i) }); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if e.confused, err = e.confusion(backend); err != nil {
		return fmt.Errorf("confusion: %w", err)
	}
	if e.byItem() {
		if e.names, err = findNames(e.run, e.untrained, e.test, e.cross.Query); err != nil {
			return fmt.Errorf("names: %w", err)
		}
	}
	return nil
}

func (e *evaluation) measureRow(ctx context.Context, backend compute.Backend, row int) error {
	m := &e.rows[row]
	bank, err := m.embed(e.bank)
	if row > rowCentered {
		m.bank = bank
	}
	if err == nil {
		m.test, err = m.embed(e.test)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	if e.byItem() {
		m.scores, err = eval.CrossDomain(backend, bank, m.test, e.options())
	} else {
		err = e.measureClasses(backend, row, bank)
	}
	if err != nil {
		return err
	}
	return ctx.Err()
}

// bankOf is the bank as a row sees it.
func (e *evaluation) bankOf(m *measured) (*eval.Embeddings, error) {
	if m.bank != nil {
		return m.bank, nil
	}
	return m.embed(e.bank)
}

// namesFound is how well the pictures of one domain find the names of what they show, and so the untrained encoder.
type namesFound struct {
	contrastive.NameScores
	Domain    string                  `json:"domain"`
	Untrained *contrastive.NameScores `json:"untrained,omitempty"`
}

// findNames measures a run whose method knows texts; for others it is nil, as is Untrained without a run for it.
func findNames(run, untrained *contrastive.Run, test *datasets.Images, domain string) (*namesFound, error) {
	method, ok := run.Config.Method.(contrastive.CrossModal)
	if !ok {
		return nil, nil
	}
	pictures, err := test.Domain(domain)
	if err != nil {
		return nil, err
	}
	languages, _ := method.Texts()
	scores, err := run.FindNames(pictures, languages[0])
	if err != nil {
		return nil, err
	}
	found := &namesFound{NameScores: *scores, Domain: domain}
	if untrained != nil {
		found.Untrained, err = untrained.FindNames(pictures, languages[0])
	}
	return found, err
}

// String is the result in a sentence.
func (n *namesFound) String() string {
	beside := fmt.Sprintf("chance %.3f", min(1, 5/float64(n.Names)))
	if n.Untrained != nil {
		beside = fmt.Sprintf("untrained %.3f, %s", n.Untrained.RecallAt5, beside)
	}
	return fmt.Sprintf("From picture to name: for a %s test picture its name (%s) is among the five nearest of %d held-out names in %.3f of the cases (%s), the nearest in %.3f.",
		n.Domain, n.Language, n.Names, n.RecallAt5, beside, n.RecallAt1)
}

// column is one number of an evaluation.
type column struct {
	key       string // in JSON
	head, sub string // two lines of a narrow header
	name      string // in a sentence
	about     string
	format    string
	value     func(*measured) float64 // NaN where it was not measured
}

// cell is the number of a row as text.
func (c column) cell(m *measured) string {
	value := c.value(m)
	if math.IsNaN(value) {
		return "–"
	}
	return fmt.Sprintf(c.format, value)
}

// columnsOf picks columns by their keys, in the order of the keys; those that there are not are left out.
func columnsOf(columns []column, keys ...string) (found []column) {
	for _, key := range keys {
		if i := slices.IndexFunc(columns, func(c column) bool { return c.key == key }); i >= 0 {
			found = append(found, columns[i])
		}
	}
	return found
}

// columns of the table, with their explanations.
func (e *evaluation) columns() []column {
	if e.byItem() {
		return e.itemColumns()
	}
	return e.classColumns()
}

// itemColumns are those of the retrieval across domains.
func (e *evaluation) itemColumns() []column {
	query, gallery, unseen := e.cross.Query, e.cross.Gallery, e.cross.Unseen
	gallerySize := e.rows[rowRun].scores.GallerySize
	initials := func(a, b string) string { return fmt.Sprintf("%.1s→%.1s", a, b) }
	chance := fmt.Sprintf("chance %.3f", 1/float64(gallerySize))
	recall := e.rows[rowRun].scores.RecallAt1
	scatter := math.Sqrt(recall * (1 - recall) / float64(gallerySize)) // as many queries, one for each item
	of := func(value func(*eval.Scores) float64) func(*measured) float64 {
		return func(m *measured) float64 { return value(m.scores) }
	}
	columns := []column{
		{"recall_at_1", "R@1", initials(query, gallery), fmt.Sprintf("recall@1 %s→%s", query, gallery),
			fmt.Sprintf("for a %s test picture, the nearest of %d %s pictures is the same item (%s; standard error of this run %.3f, by the choice of test pictures)", query, gallerySize, gallery, chance, scatter),
			"%.3f", of(func(s *eval.Scores) float64 { return s.RecallAt1 })},
		{"recall_at_5", "R@5", initials(query, gallery), fmt.Sprintf("recall@5 %s→%s", query, gallery),
			"the same item is among the five nearest",
			"%.3f", of(func(s *eval.Scores) float64 { return s.RecallAt5 })},
		{"unseen_recall_at_1", "R@1", initials(unseen, query), fmt.Sprintf("recall@1 %s→%s", unseen, query),
			fmt.Sprintf("as R@1, from %s, which no encoder was trained on", unseen),
			"%.3f", of(func(s *eval.Scores) float64 { return s.UnseenRecallAt1 })},
		{"group_knn", "group", gallery, fmt.Sprintf("group %d-NN %s", e.k, gallery),
			fmt.Sprintf("share of %s test pictures whose group the %d nearest training pictures vote for", gallery, e.k),
			"%.3f", of(func(s *eval.Scores) float64 { return s.GroupKNN })},
		{"group_knn_unseen", "group", unseen, fmt.Sprintf("group %d-NN %s", e.k, unseen),
			fmt.Sprintf("the same for %s, never trained on", unseen),
			"%.3f", of(func(s *eval.Scores) float64 { return s.GroupKNNUnseen })},
		{"alignment", "align", "", "alignment", "mean squared distance of the same item by two artists on the unit sphere: lower is better, 0 may be a collapse",
			"%.2f", of(func(s *eval.Scores) float64 { return s.Alignment })},
	}
	if unseen == "" {
		columns = columnsOf(columns, "recall_at_1", "recall_at_5", "group_knn", "alignment")
	}
	return append(columns, e.geometryColumns(func(m *measured) (uniformity, std, rank float64) {
		return m.scores.Uniformity, m.scores.Std, m.scores.EffectiveRank
	}, e.rows[rowPixels].scores.Dimensions, e.rows[rowRun].scores.Dimensions)...)
}

// geometryColumns are what every evaluation ends on.
func (e *evaluation) geometryColumns(of func(*measured) (uniformity, std, rank float64), pixels, features int) []column {
	return []column{
		{"uniformity", "unif", "", "uniformity", "log of the mean exp(−2·distance²) over all pairs: lower is more spread out, 0 is a collapse",
			"%.2f", func(m *measured) float64 { u, _, _ := of(m); return u }},
		{"std", "std·√D", "", "std·√D", "spread per dimension: 1 is even over the sphere, 0 a collapse",
			"%.2f", func(m *measured) float64 { _, s, _ := of(m); return s }},
		{"effective_rank", "rank", "", "effective rank", fmt.Sprintf("directions really used, of %s dimensions for pixels and %s for the encoder", thousands(pixels), thousands(features)),
			"%.0f", func(m *measured) float64 { _, _, r := of(m); return r }},
	}
}
