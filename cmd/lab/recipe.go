package main

import (
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// recipe is what is known to work on a data set, and how an encoder is measured on it.
type recipe struct {
	augment  string            // the name of a policy
	settings map[string]string // by method or encoder: what differs from its defaults, as -set writes it
	protocol eval.CrossDomainOptions
}

// recipes by data set. One without a recipe has the package's defaults and no evaluation yet.
var recipes = map[string]recipe{
	"emoji": {
		augment: "emoji",
		settings: map[string]string{
			// On two cores 3,000 views a second instead of 800, which teach it more; and an emoji's parts have their places.
			"small_resnet": "encoder/width=16;encoder/grid=2",
			// For 32×32 pixels: the stem that keeps them, and patches and a width of their size.
			"resnet18": "stem=cifar",
			"resnet34": "stem=cifar",
			"resnet50": "stem=cifar",
			"vit":      "patch=4; width=96; depth=4; heads=3; pooling=mean; positions=sine_cosine",

			"simclr": "temperature=0.2",
			"dcl":    "temperature=0.2", // as simclr, of which it is a variant
			// An epoch is 19 batches of 256: a longer queue holds older keys of the very pictures that ask.
			"moco": "temperature=0.2;queue_length=1024",
			// With groups as labels half of a batch would be positives; what is asked for afterwards is the item.
			"supcon":  "by_item=true",
			"triplet": "by_item=true",
			// Batch-norm at the end of the head: the paper's appendix D.
			"simsiam": "normalize_output=true",
		},
		protocol: eval.CrossDomainOptions{Query: "Noto", Gallery: "Twemoji", Unseen: "OpenMoji", K: 20},
	},
}

// choice names the parts of a configuration, as flags do.
type choice struct {
	data, method, encoder, head, optimizer, augment, positives string

	files dataFiles // where the data are
}

var defaultChoice = choice{data: "emoji", method: "simclr", encoder: "small_resnet", head: "mlp", optimizer: "adamw", positives: "same_image"}

// config is the configuration that the names stand for, with its defaults and the data set's recipe. Errors
// are mistakes in the names.
func (c choice) config() (contrastive.Config, error) {
	var config contrastive.Config
	var err error
	if config.Method, err = contrastive.Methods.New(c.method); err != nil {
		return config, err
	}
	if config.Encoder, err = encoder.Encoders.New(c.encoder); err != nil {
		return config, err
	}
	if config.Head, err = encoder.Heads.New(c.head); err != nil {
		return config, err
	}
	if config.Optimizer, err = optim.Optimizers.New(c.optimizer); err != nil {
		return config, err
	}
	if err := config.Positives.UnmarshalText([]byte(c.positives)); err != nil {
		return config, err
	}
	r := recipes[c.data]
	policy := c.augment
	if policy == "" {
		policy = r.augment
	}
	if policy != "" {
		if config.Augment, err = augment.Named(policy); err != nil {
			return config, err
		}
	}
	if config, err = config.WithDefaults(); err != nil {
		return config, err
	}
	return config, config.Set(r.settings[c.encoder] + ";" + r.settings[c.method])
}
