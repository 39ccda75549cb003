package main

import (
	"context"
	"flag"
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// further is what lab eval measures on request, each in a table of its own.
type further struct {
	probe, finetune, transfer, efficiency, head bool

	supervised string // a run trained with labels, measured beside
	draws      int    // of training pictures, for transfer and efficiency
	epochs     int    // of fine-tuning
}

func (f *further) declare(fs *flag.FlagSet) {
	fs.BoolVar(&f.probe, "probe", false, "fit a linear probe, also to many raw pixels, which takes minutes; where there are classes only, those of the encoders are in the table anyway")
	fs.BoolVar(&f.finetune, "finetune", false, "train a copy of the encoder on the labels, and beside it one from scratch: minutes")
	fs.BoolVar(&f.transfer, "transfer", false, "train kNN and probe on one artist and test on the others; and on clean pictures, tested on rotated, noisy, inverted and gray ones")
	fs.BoolVar(&f.efficiency, "efficiency", false, "fit linear probes to 1, 5, 10, 50 and 100 labels per class")
	fs.BoolVar(&f.head, "head", false, "measure the projection head's output z too, beside the encoder's h")
	fs.StringVar(&f.supervised, "supervised", "", "folder `DIR2` of a run on the same data with -method supervised, to measure beside")
	fs.IntVar(&f.draws, "draws", 5, "with -transfer and -efficiency, `N` random draws of training pictures")
	fs.IntVar(&f.epochs, "epochs", 20, "with -finetune, `N` passes over the labeled pictures")
}

// check says what is impossible before anything is computed.
func (f *further) check(call *call, source string, saved *savedRun) error {
	switch _, none := saved.Config.Head.(encoder.NoHead); {
	case f.draws < 1:
		return usage("-draws %d: at least one is needed", f.draws)
	case f.epochs < 1:
		return usage("-epochs %d: at least one is needed", f.epochs)
	case call.set["draws"] && !f.transfer && !f.efficiency:
		return usage("-draws belongs to -transfer and -efficiency: add one of them")
	case call.set["epochs"] && !f.finetune:
		return usage("-epochs belongs to -finetune: add it; a run is trained longer by lab train")
	case f.head && none:
		return usage("-head: the run was trained with -head none, so that z is h")
	case f.head && saved.Config.Method != nil && saved.Config.Method.Name() == contrastive.Supervised{}.Name():
		return usage("-head: supervised trains no projection head; leave -head out")
	case f.supervised == "":
		return nil
	}
	other, err := readRun(f.supervised)
	switch {
	case err != nil:
		return badInput(err)
	case other == nil:
		return usage("-supervised: there is no run in %s (no config.json); `lab train -method supervised -data %s` makes one", f.supervised, source)
	case other.Config.Method.Name() != contrastive.Supervised{}.Name():
		return usage("-supervised: the run in %s was trained with %s; `lab train -method supervised -data %s` makes one to compare with", f.supervised, other.Config.Method.Name(), source)
	case other.Data.Name != saved.Data.Name:
		return usage("-supervised: the run in %s was trained on %s, not on %s", f.supervised, other.Data.Name, saved.Data.Name)
	}
	return nil
}

// addition is what was measured on request.
type addition struct {
	key    string // in JSON
	title  string
	tables []addedTable
	about  string
	value  any // in JSON
}

// addedTable is one of its tables; its first headers rows stand above a rule.
type addedTable struct {
	title   string
	rows    [][]string
	headers int
}

func (a *addition) write(call *call) {
	call.printf("\n%s\n", a.title)
	for _, t := range a.tables {
		call.printf("\n")
		if t.title != "" {
			writeParagraphs(call.stdout, t.title)
		}
		writeTable(call.stdout, t.rows, t.headers)
	}
	call.printf("\n")
	writeParagraphs(call.stdout, a.about)
}

// measureFurther fills the additions.
func (e *evaluation) measureFurther(ctx context.Context, backend compute.Backend, f *further) error {
	for _, one := range []struct {
		flag, name string
		wanted     bool
		measure    func() (*addition, error)
	}{
		{"probe", "linear probe", f.probe && e.byItem(), func() (*addition, error) { return e.probe(backend) }},
		{"transfer", "transfer between artists", f.transfer && e.byItem(), func() (*addition, error) { return e.domainTransfer(backend, f) }},
		{"transfer", "damaged pictures", f.transfer, func() (*addition, error) { return e.corruptions(ctx, backend, f) }},
		{"efficiency", "label efficiency", f.efficiency, func() (*addition, error) { return e.efficiency(ctx, backend, f) }},
		{"finetune", "fine-tuning", f.finetune, func() (*addition, error) { return e.finetune(ctx, f) }},
	} {
		if !one.wanted {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var added *addition
		err := e.timed(one.name, one.name, func() (err error) {
			added, err = one.measure()
			return err
		})
		if err != nil {
			return fmt.Errorf("-%s: %w", one.flag, err)
		}
		e.parts[len(e.parts)-1].key = added.key
		e.added = append(e.added, added)
	}
	return nil
}

// probed are the rows that further tables have: centered pixels are left out, as they are to a probe what raw pixels
// are.
func (e *evaluation) probed() (rows []*measured) {
	for i := range e.rows {
		if i != rowCentered {
			rows = append(rows, &e.rows[i])
		}
	}
	return rows
}

// testParts are the test pictures by domain, where there are several, or all of them.
func (e *evaluation) testParts(vectors *eval.Embeddings) ([]eval.Part, error) {
	if !e.byItem() {
		return []eval.Part{{Name: "test", Embeddings: vectors}}, nil
	}
	return eval.ByDomain(vectors)
}

// byPart is the share of right predictions of the test pictures in each part, in the order of testParts.
func (e *evaluation) byPart(predictions []int32) (names []string, accuracies []float64, err error) {
	rows := &eval.Embeddings{N: e.test.Len(), D: 1, Vectors: make([]float32, e.test.Len()), Images: e.test}
	for i, p := range predictions {
		if p == e.test.Labels[i] {
			rows.Vectors[i] = 1
		}
	}
	parts, err := e.testParts(rows)
	if err != nil {
		return nil, nil, err
	}
	for _, part := range parts {
		right := 0.0
		for _, v := range part.Vectors {
			right += float64(v)
		}
		names, accuracies = append(names, part.Name), append(accuracies, right/float64(part.N))
	}
	return names, accuracies, nil
}

// accuracyTable has a row per predictor and a column per test part.
type accuracyTable struct {
	e    *evaluation
	rows [][]string
}

// add puts a row with further cells, which extra names, behind the accuracies.
func (t *accuracyTable) add(name string, predictions []int32, extra [][2]string) (map[string]float64, error) {
	names, accuracies, err := t.e.byPart(predictions)
	if err != nil {
		return nil, err
	}
	head, row, by := []string{""}, []string{name}, map[string]float64{}
	for i, part := range names {
		head, row = append(head, part), append(row, fmt.Sprintf("%.3f", accuracies[i]))
		by[part] = accuracies[i]
	}
	for _, cell := range extra {
		head, row = append(head, cell[0]), append(row, cell[1])
	}
	if t.rows == nil {
		t.rows = append(t.rows, head)
	}
	t.rows = append(t.rows, row)
	return by, nil
}

// probe is the linear probe on the classes of pictures by several artists.
func (e *evaluation) probe(backend compute.Backend) (*addition, error) {
	table := &accuracyTable{e: e}
	type result struct {
		*eval.ProbeResult
		ByDomain map[string]float64 `json:"by_domain"`
	}
	values := map[string]result{}
	for _, m := range e.probed() {
		e.status.note("measuring: linear probe of %s", m.name)
		bank, err := e.bankOf(m)
		if err != nil {
			return nil, err
		}
		r, err := eval.LinearProbe(backend, bank, m.test, eval.ProbeOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		converged := "yes"
		if !r.Converged {
			converged = "no"
		}
		by, err := table.add(m.name, r.Predictions, [][2]string{{"train", fmt.Sprintf("%.3f", r.TrainAccuracy)}, {"λ", fmt.Sprintf("%g", r.L2)}, {"converged", converged}})
		if err != nil {
			return nil, err
		}
		values[m.key] = result{r, by}
	}
	return &addition{
		key: "probe", title: "Linear probe: the class by a logistic regression on frozen vectors", tables: []addedTable{{rows: table.rows, headers: 1}}, value: values,
		about: fmt.Sprintf("Fitted to all %s training pictures, tested on the test pictures of each artist; λ was chosen on a part of the training pictures.", thousands(e.bank.Len())),
	}, nil
}

// finetune trains copies of the encoder.
func (e *evaluation) finetune(ctx context.Context, f *further) (*addition, error) {
	table := &accuracyTable{e: e}
	type result struct {
		*contrastive.FineTuned
		ByPart map[string]float64 `json:"by_part"`
	}
	values := map[string]result{}
	var steps int
	for _, one := range []struct {
		key, name string
		scratch   bool
	}{{"scratch", "from scratch", true}, {"tuned", "from this run", false}} {
		e.status.note("measuring: fine-tuning %s", one.name)
		tuned, err := e.run.FineTuneContext(ctx, e.bank, e.test, contrastive.FineTuning{Epochs: f.epochs, FromScratch: one.scratch, Seed: e.run.Config.Seed})
		if err != nil {
			return nil, err
		}
		by, err := table.add(one.name, tuned.Predictions, [][2]string{{"train", fmt.Sprintf("%.3f", tuned.TrainAccuracy)}})
		if err != nil {
			return nil, err
		}
		values[one.key], steps = result{tuned, by}, tuned.Steps
	}
	return &addition{
		key: "finetune", title: "Fine-tuning: the class by a copy of the encoder that learns from labels", tables: []addedTable{{rows: table.rows, headers: 1}}, value: values,
		about: fmt.Sprintf("%s over all %s labeled training pictures (%s), of one seed, measured after the last; from scratch is the same network, trained on the labels alone in as many steps.", plural(steps, "step"), thousands(e.bank.Len()), plural(f.epochs, "epoch")),
	}, nil
}

// efficiency is the accuracy by how many labels may be seen.
func (e *evaluation) efficiency(ctx context.Context, backend compute.Backend, f *further) (*addition, error) {
	values := map[string][]eval.EfficiencyPoint{}
	var rows [][]string
	var unconverged int
	for _, m := range e.probed() {
		if m.key == "raw_pixels" && !e.probesPixels() {
			continue
		}
		e.status.note("measuring: label efficiency of %s", m.name)
		bank, err := e.bankOf(m)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		points, err := eval.LabelEfficiency(backend, bank, m.test, eval.EfficiencyOptions{Draws: f.draws})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		head, row := []string{"labels per class"}, []string{m.name}
		for _, p := range points {
			head, row = append(head, fmt.Sprint(p.PerClass)), append(row, meanSpread(p.Mean, p.Std, f.draws))
			unconverged += p.Unconverged
		}
		if rows == nil {
			rows = append(rows, head)
		}
		rows, values[m.key] = append(rows, row), points
	}
	about := fmt.Sprintf("Accuracy of linear probes on all %s test pictures; mean ± standard deviation over %s of the labels. A class with fewer pictures gives all it has.", thousands(e.test.Len()), plural(f.draws, "draw"))
	return &addition{
		key: "label_efficiency", title: "Label efficiency: how many labels the class takes", tables: []addedTable{{rows: rows, headers: 1}}, value: values,
		about: about + e.pixelsLeftOut() + unconvergedNote(unconverged),
	}, nil
}

// pixelsLeftOut is a sentence where pixels are too many to be probed.
func (e *evaluation) pixelsLeftOut() string {
	if e.probesPixels() {
		return ""
	}
	return fmt.Sprintf(" No probe was fitted to raw pixels, which are more than %s million values; with -probe it is.", thousands(maxProbed/1_000_000))
}

func unconvergedNote(fits int) string {
	if fits == 0 {
		return ""
	}
	return fmt.Sprintf(" %s of a probe had not converged: read those accuracies as lower bounds.", plural(fits, "fit"))
}

// meanSpread is a mean with its spread, if there can be one.
func meanSpread(mean, std float64, draws int) string {
	if draws < 2 || math.IsNaN(std) {
		return fmt.Sprintf("%.3f", mean)
	}
	return fmt.Sprintf("%.3f±%.3f", mean, std)
}
