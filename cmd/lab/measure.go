package main

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// evaluation is a run beside its baselines, all measured alike.
type evaluation struct {
	run, untrained *contrastive.Run
	source         *datasets.Source
	protocol       eval.CrossDomainOptions
	rows           []measured
	names          *namesFound // nil where the method knows no texts
	encoderHash    string      // of the run, the same before and after it was measured
}

// measured is one way to make vectors of pictures, and what it is worth.
type measured struct {
	name        string
	train, test *eval.Embeddings
	scores      *eval.Scores
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
	protocol eval.CrossDomainOptions
}

// planEvaluation checks, without a backend, that there is a run in dir and a way to measure it with k neighbors
// voting. Its errors are mistakes in what was asked for.
func planEvaluation(call *call, dir string, k int, files dataFiles) (*evaluationPlan, error) {
	saved, err := readRun(dir)
	if err != nil {
		return nil, badInput(err)
	}
	if saved == nil {
		return nil, usage("there is no run in %s (no config.json)%s", dir, existingRuns(call.command))
	}
	name, files := trainedOn(saved.Data, files)
	plan := &evaluationPlan{dir: dir, protocol: protocols[name]}
	if plan.protocol.Query == "" {
		return nil, usage("the run was trained on %q, for which there is no evaluation yet", saved.Data.Name)
	}
	if plan.source, err = files.open(call, name); err != nil {
		return nil, err
	}
	if k < 1 {
		return nil, usage("-k %d: at least one neighbor must vote", k)
	}
	if bank := plan.source.Train().Len(); k > bank {
		return nil, usage("-k %d: there are only %s pictures that can be neighbors", k, thousands(bank))
	}
	plan.protocol.K = k
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
	e := &evaluation{run: run, source: plan.source, protocol: plan.protocol}
	if e.untrained, err = contrastive.Untrained(backend, plan.source.Train(), run.Config); err != nil {
		return nil, err
	}
	e.encoderHash, err = run.Frozen(func() error { return e.measure(ctx, backend) })
	if err != nil {
		return nil, err
	}
	return e, nil
}

// measure fills the rows and the names.
func (e *evaluation) measure(ctx context.Context, backend compute.Backend) (err error) {
	run, train, test := e.run, e.source.Train(), e.source.Test()
	pixels := func(images *datasets.Images) (*eval.Embeddings, error) { return eval.Pixels(images), nil }
	center := eval.Pixels(train)
	centered := func(images *datasets.Images) (*eval.Embeddings, error) { return eval.Pixels(images).Centered(center) }
	for _, row := range []struct {
		name  string
		embed func(*datasets.Images) (*eval.Embeddings, error)
	}{{"raw pixels", pixels}, {"pixels − mean", centered}, {"untrained", e.untrained.Embed}, {"this run", run.Embed}} {
		m := measured{name: row.name}
		if m.train, err = row.embed(train); err == nil {
			m.test, err = row.embed(test)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			m.scores, err = eval.CrossDomain(backend, m.train, m.test, e.protocol)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		e.rows = append(e.rows, m)
	}
	if e.names, err = findNames(run, e.untrained, test, e.protocol.Query); err != nil {
		return fmt.Errorf("names: %w", err)
	}
	return nil
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
	head, sub string // two lines of a narrow header
	name      string // in a sentence
	about     string
	format    string
	value     func(*eval.Scores) float64
}

// columns of the table, with their explanations.
func (e *evaluation) columns() []column {
	query, gallery, unseen := e.protocol.Query, e.protocol.Gallery, e.protocol.Unseen
	gallerySize := e.rows[rowRun].scores.GallerySize
	initials := func(a, b string) string { return a[:1] + "→" + b[:1] }
	chance := fmt.Sprintf("chance %.3f", 1/float64(gallerySize))
	return []column{
		{"R@1", initials(query, gallery), fmt.Sprintf("recall@1 %s→%s", query, gallery),
			fmt.Sprintf("for a %s test picture, the nearest of %d %s pictures is the same item (%s)", query, gallerySize, gallery, chance),
			"%.3f", func(s *eval.Scores) float64 { return s.RecallAt1 }},
		{"R@5", initials(query, gallery), fmt.Sprintf("recall@5 %s→%s", query, gallery),
			"the same item is among the five nearest",
			"%.3f", func(s *eval.Scores) float64 { return s.RecallAt5 }},
		{"R@1", initials(unseen, query), fmt.Sprintf("recall@1 %s→%s", unseen, query),
			fmt.Sprintf("as R@1, from %s, which no encoder was trained on", unseen),
			"%.3f", func(s *eval.Scores) float64 { return s.UnseenRecallAt1 }},
		{"group", gallery, fmt.Sprintf("group %d-NN %s", e.protocol.K, gallery),
			fmt.Sprintf("share of %s test pictures whose group the %d nearest training pictures vote for", gallery, e.protocol.K),
			"%.3f", func(s *eval.Scores) float64 { return s.GroupKNN }},
		{"group", unseen, fmt.Sprintf("group %d-NN %s", e.protocol.K, unseen),
			fmt.Sprintf("the same for %s, never trained on", unseen),
			"%.3f", func(s *eval.Scores) float64 { return s.GroupKNNUnseen }},
		{"align", "", "alignment", "mean squared distance of the same item by two artists on the unit sphere: lower is better, 0 may be a collapse",
			"%.2f", func(s *eval.Scores) float64 { return s.Alignment }},
		{"unif", "", "uniformity", "log of the mean exp(−2·distance²) over all pairs: lower is more spread out, 0 is a collapse",
			"%.2f", func(s *eval.Scores) float64 { return s.Uniformity }},
		{"std·√D", "", "std·√D", "spread per dimension: 1 is even over the sphere, 0 a collapse",
			"%.2f", func(s *eval.Scores) float64 { return s.Std }},
		{"rank", "", "effective rank", fmt.Sprintf("directions really used, of %s dimensions for pixels and %s for the encoder",
			thousands(e.rows[rowPixels].scores.Dimensions), thousands(e.rows[rowRun].scores.Dimensions)),
			"%.0f", func(s *eval.Scores) float64 { return s.EffectiveRank }},
	}
}
