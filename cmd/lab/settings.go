package main

import (
	"fmt"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// apply changes config by what -set says. Errors are mistakes in the settings.
func apply(config *contrastive.Config, settings string) error {
	if settings == "" {
		return nil
	}
	if err := config.Set(settings); err != nil {
		return err
	}
	return keepZeros(config)
}

// keepZeros makes sure that a zero that was asked for is not taken for "not set", which is what a zero field of
// a Config means: a number that may be zero becomes contrastive.Zero, any other is an error.
func keepZeros(config *contrastive.Config) error {
	given, err := config.Settings()
	if err != nil {
		return err
	}
	completed, err := config.WithDefaults()
	if err != nil {
		return err
	}
	defaults, err := completed.Settings()
	if err != nil {
		return err
	}
	for i, s := range given {
		if s.Value == defaults[i].Value {
			continue
		}
		if err := validatePart(config, s.Part); err != nil {
			return err
		}
		if err := config.Set(fmt.Sprintf("%s/%s=%g", s.Part, s.Name, contrastive.Zero)); err != nil {
			return fmt.Errorf("%s = %s: it must be at least 1 (leave it out for the default, %s)", s.Name, s.Value, defaults[i].Value)
		}
	}
	return nil
}

// validatePart says what a method or an optimizer has against its settings as they are, zeros included.
func validatePart(config *contrastive.Config, part string) error {
	switch part {
	case "method":
		if v, ok := config.Method.(contrastive.Validator); ok {
			return v.Validate(config)
		}
	case "optimizer":
		return config.Optimizer.Validate()
	}
	return nil
}
