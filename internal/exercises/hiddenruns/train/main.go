// Command train makes the runs of package hiddenruns: it trains small encoders on emoji, some of them with the part taken
// away that holds them up, and keeps what they make of 96 test pictures. Run it at the top of the checkout.
//
// What you may touch here: candidates.go has the trainings.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/exercises/hiddenruns"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

const (
	pictures   = 96
	dimensions = 32
	each       = 4 // runs of each verdict, every other one shown
)

func main() {
	out := flag.String("out", "internal/exercises/hiddenruns/runs.json.gz", "the file to write")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(path string) error {
	backend, err := contrastive.Backend()
	if err != nil {
		return err
	}
	emoji, err := datasets.Open("emoji")
	if err != nil {
		return err
	}
	test, err := emoji.Test().Domain("Noto")
	if err != nil {
		return err
	}
	test = test.Shuffle(6).Take(pictures)
	var runs [each][3]hiddenruns.Run // verdicts take turns
	for _, want := range []verdict{dimensional, healthy, collapsed} {
		kept := 0
		for _, t := range candidates[want] {
			if kept == each {
				break
			}
			run, err := t.train(backend, emoji.Train(), test)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name.En, err)
			}
			m, err := measure(run)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name.En, err)
			}
			run.Std, run.Rank = m.std, m.rank
			note := "not clear, left out"
			if m.clear(want) {
				run.Shown = kept%2 == 0
				runs[kept][want] = *run
				kept, note = kept+1, "kept"
			}
			fmt.Printf("%-50s %+v %s\n", t.name.En, m, note)
		}
		if kept < each {
			err = errors.Join(err, fmt.Errorf("only %d candidates of verdict %d are clear, want %d: change or add candidates, not the rule", kept, want, each))
		}
	}
	if err != nil {
		return err
	}
	var all []hiddenruns.Run
	for _, turn := range runs {
		all = append(all, turn[:]...)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(hiddenruns.Write(file, all), file.Close())
}

// train trains and embeds test.
func (t training) train(backend compute.Backend, images, test *datasets.Images) (*hiddenruns.Run, error) {
	trained, err := contrastive.Pretrain(backend, images, contrastive.Config{
		Method:    t.method,
		Encoder:   encoder.SmallResNet{Width: 8, Grid: 2},
		Head:      t.head,
		Augment:   augment.Emoji(),
		Size:      16,
		BatchSize: 128,
		Steps:     t.steps,
		LogEvery:  50,
		Seed:      t.seed,
		Optimizer: optim.AdamW{LearningRate: 0.01}, // more than usual: there are few steps
		Quiet:     true,
	})
	if err != nil {
		return nil, err
	}
	z, err := trained.EmbedHead(test)
	if err != nil {
		return nil, err
	}
	run := &hiddenruns.Run{Name: t.name}
	run.Pack(z.Vectors, z.D)
	return run, nil
}

// measures are what a detector may go by.
type measures struct {
	std, rank         float64 // the package's, by which the verdict is known
	unitRank          float64 // effective rank of the rows at length 1
	participation     float64 // (Σλ)²/Σλ² of the covariance's eigenvalues, which needs no eigenvalues
	unitParticipation float64
}

// measure measures the embeddings as the run holds them, rounded.
func measure(run *hiddenruns.Run) (m measures, err error) {
	z := &eval.Embeddings{N: len(run.Z), D: len(run.Low)}
	unit := &eval.Embeddings{N: z.N, D: z.D}
	for _, row := range run.Z {
		length := 0.0
		for _, v := range row {
			length = math.Hypot(length, v)
		}
		for _, v := range row {
			z.Vectors = append(z.Vectors, float32(v))
			unit.Vectors = append(unit.Vectors, float32(v/length))
		}
	}
	if m.std, err = eval.Std(z); err != nil {
		return m, err
	}
	if m.rank, m.participation, err = spectrum(z); err != nil {
		return m, err
	}
	m.unitRank, m.unitParticipation, err = spectrum(unit)
	return m, err
}

func spectrum(z *eval.Embeddings) (rank, participation float64, err error) {
	eigenvalues, err := eval.Spectrum(z)
	if err != nil {
		return 0, 0, err
	}
	sum, squares := 0.0, 0.0
	for _, v := range eigenvalues {
		sum, squares = sum+v, squares+v*v
	}
	return eval.SpectrumRank(eigenvalues), sum * sum / squares, nil
}

// clear says that the run is a clear case of a verdict: by other measures than the package's, and whether its rows are
// normalized or not, a detector of any reasonable threshold comes to the same.
func (m measures) clear(of verdict) bool {
	const bound = hiddenruns.DimensionalShare * dimensions
	switch of {
	case collapsed:
		return m.std < hiddenruns.CollapsedStd/2
	case dimensional:
		return m.std > 2*hiddenruns.CollapsedStd && max(m.rank, m.unitRank) < 0.75*bound && max(m.participation, m.unitParticipation) < 2.2
	default:
		return m.std > 2*hiddenruns.CollapsedStd && min(m.rank, m.unitRank) > 1.75*bound && min(m.participation, m.unitParticipation) > 3.3
	}
}
