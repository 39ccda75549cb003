package contrastive_test

import (
	"fmt"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// The paper's second stage (sec. 3.1): the encoder is frozen, the head is dropped, and a linear classifier is trained on the
// features with cross-entropy. Twelve steps are for show; `lab train -method supcon` trains in earnest.
func ExampleSupCon() {
	backend, err := contrastive.Backend()
	must(err)
	emoji := datasets.MustOpen("emoji")
	pictures := emoji.Train().Shuffle(1).Take(300)
	run, err := contrastive.Pretrain(backend, pictures, contrastive.Config{
		Method:    contrastive.SupCon{},
		Encoder:   encoder.SmallResNet{Width: 4},
		Augment:   augment.None(),
		BatchSize: 32, Steps: 12, Size: 16, Seed: 1, Quiet: true,
	})
	must(err)
	train, err := run.Embed(pictures)
	must(err)
	test, err := run.Embed(emoji.Test())
	must(err)
	classifier, err := eval.LinearProbe(backend, train, test, eval.ProbeOptions{L2: []float64{0.1}})
	must(err)
	fmt.Println("better than guessing:", classifier.Accuracy > 1.5/float64(classifier.Classes))
	// Output: better than guessing: true
}
