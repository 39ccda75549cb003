package main

import (
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// choice names the parts of a configuration, as flags do.
type choice struct {
	data, method, encoder, head, optimizer, augment, positives string

	files dataFiles // where the data are
	// recipe is where the settings come from; empty means that of the data set, if there is one.
	recipe string
}

var defaultChoice = choice{data: "emoji", method: "simclr", encoder: "small_resnet", head: "mlp", optimizer: "adamw", positives: "same_image"}

// parts are the names of what can be chosen.
var parts = []string{"data", "method", "encoder", "head", "optimizer", "augment", "positives"}

// field is what is chosen for a part; nil if there is no such part.
func (c *choice) field(part string) *string {
	switch part {
	case "data":
		return &c.data
	case "method":
		return &c.method
	case "encoder":
		return &c.encoder
	case "head":
		return &c.head
	case "optimizer":
		return &c.optimizer
	case "augment":
		return &c.augment
	case "positives":
		return &c.positives
	}
	return nil
}

// follow takes from the recipe of that name what it names, apart from the parts in set.
func (c *choice) follow(name string, set map[string]bool) error {
	r, err := findRecipe(name)
	if err != nil {
		return err
	}
	c.recipe = name
	for _, part := range parts {
		if its := *r.choice.field(part); its != "" && !set[part] {
			*c.field(part) = its
		}
	}
	return nil
}

// config is the configuration that the names stand for, with its defaults and the recipe's settings. Errors are
// mistakes in the names.
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
	r := recipes[c.recipe]
	if r == nil {
		r = recipes[c.data]
	}
	if r == nil {
		r = &recipe{}
	}
	policy := c.augment
	if policy == "" {
		policy = r.choice.augment
	}
	if policy != "" {
		if config.Augment, err = namedPolicy(policy); err != nil {
			return config, err
		}
	}
	if config, err = config.WithDefaults(); err != nil {
		return config, err
	}
	return config, config.Set(r.settings(c))
}
