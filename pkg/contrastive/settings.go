package contrastive

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// Setting is one hyperparameter that [Config.Set] can change.
type Setting struct {
	Name  string // as in config.json, such as "temperature"
	Part  string // what it belongs to: "run", "method", "encoder", "head" or "optimizer"
	Value string // as JSON
}

// notSettable are the parts of a Config that are chosen as a whole, not by a number.
var notSettable = []string{"method", "encoder", "head", "optimizer", "augment"}

// parts is c as JSON objects, part by part.
func (c Config) parts() (names []string, parts map[string]map[string]json.RawMessage, err error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, nil, err
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, nil, err
	}
	names = []string{"run", "method", "encoder", "head", "optimizer"}
	parts = map[string]map[string]json.RawMessage{"run": whole}
	for _, name := range names[1:] {
		var part map[string]json.RawMessage
		if err := json.Unmarshal(whole[name], &part); err != nil {
			return nil, nil, err
		}
		delete(part, "name")
		if parts[name], err = flat(part); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range notSettable {
		delete(whole, name)
	}
	return names, parts, nil
}

// flat is part with the fields of its structs beside its own: "text": {"width": 64} becomes "text.width": 64.
func flat(part map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for name, value := range part {
		if value[0] != '{' {
			all[name] = value
			continue
		}
		var inner map[string]json.RawMessage
		if err := json.Unmarshal(value, &inner); err != nil {
			return nil, err
		}
		for key, value := range inner {
			all[name+"."+key] = value
		}
	}
	return all, nil
}

// nested is what flat flattened, as JSON.
func nested(part map[string]json.RawMessage) ([]byte, error) {
	whole, groups := map[string]any{}, map[string]map[string]json.RawMessage{}
	for name, value := range part {
		outer, inner, isNested := strings.Cut(name, ".")
		if !isNested {
			whole[name] = value
			continue
		}
		if groups[outer] == nil {
			groups[outer] = map[string]json.RawMessage{}
			whole[outer] = groups[outer]
		}
		groups[outer][inner] = value
	}
	return json.Marshal(whole)
}

// Settings lists every hyperparameter of c, which needs its defaults ([Config.WithDefaults]), with its value.
func (c Config) Settings() ([]Setting, error) {
	names, parts, err := c.parts()
	if err != nil {
		return nil, err
	}
	var all []Setting
	for _, part := range names {
		for _, name := range slices.Sorted(maps.Keys(parts[part])) {
			all = append(all, Setting{Name: name, Part: part, Value: strings.Trim(string(parts[part][name]), `"`)})
		}
	}
	return all, nil
}

// Set changes hyperparameters by name, in the notation of GoMLX's command line: "temperature=0.1;epochs=5",
// with "file:PATH" for a file of such settings, a line each. A name that belongs to two parts is written
// with the part in front, "optimizer/weight_decay=0". c must have its defaults, so that an explicit zero
// stays a zero. On an error c is as it was.
func (c *Config) Set(settings string) error {
	names, parts, err := c.parts()
	if err != nil {
		return err
	}
	changed := map[string]bool{}
	var apply func(settings, from string) error
	apply = func(settings, from string) error {
		for _, setting := range strings.FieldsFunc(settings, func(r rune) bool { return r == ';' || r == '\n' }) {
			setting = strings.TrimSpace(setting)
			if setting == "" || strings.HasPrefix(setting, "#") {
				continue
			}
			if path, isFile := strings.CutPrefix(setting, "file:"); isFile {
				if from != "" {
					return fmt.Errorf("%s: a settings file cannot name another (%s)", from, path)
				}
				text, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("settings: %w", err)
				}
				if err := apply(string(text), path); err != nil {
					return err
				}
				continue
			}
			part, err := setOne(names, parts, setting)
			if err != nil {
				return err
			}
			changed[part] = true
		}
		return nil
	}
	if err := apply(settings, ""); err != nil {
		return err
	}
	return c.rebuild(parts, changed)
}

// setOne puts one "name=value" into the part it belongs to and returns the part's name.
func setOne(names []string, parts map[string]map[string]json.RawMessage, setting string) (string, error) {
	name, value, ok := strings.Cut(setting, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok || name == "" || value == "" {
		return "", fmt.Errorf("setting %q: write name=value, several of them with ; between", setting)
	}
	wanted, key, scoped := strings.Cut(name, "/")
	if !scoped {
		wanted, key = "", name
	}
	var found []string
	var known []string
	for _, part := range names {
		known = slices.AppendSeq(known, maps.Keys(parts[part]))
		if _, has := parts[part][key]; has && (wanted == "" || wanted == part) {
			found = append(found, part)
		}
	}
	switch len(found) {
	case 0:
		slices.Sort(known)
		known = slices.Compact(known)
		message := fmt.Sprintf("unknown hyperparameter %q", name)
		if near := registry.Nearest(key, known); near != "" {
			message += fmt.Sprintf(" (did you mean %q?)", near)
		}
		return "", fmt.Errorf("%s; known: %s", message, strings.Join(known, ", "))
	case 1:
	default:
		return "", fmt.Errorf("%q is a hyperparameter of %s; write %s/%s=%s", key, strings.Join(found, " and of "), found[len(found)-1], key, value)
	}
	old := parts[found[0]][key]
	encoded, err := likeOld(old, value)
	if err != nil {
		return "", fmt.Errorf("%s = %q: %w", name, value, err)
	}
	parts[found[0]][key] = encoded
	return found[0], nil
}

// likeOld encodes value as the kind of JSON that old is.
func likeOld(old json.RawMessage, value string) (json.RawMessage, error) {
	switch {
	case len(old) > 0 && old[0] == '"':
		return json.Marshal(value)
	case string(old) == "true" || string(old) == "false":
		if value != "true" && value != "false" {
			return nil, fmt.Errorf("must be true or false")
		}
		return json.RawMessage(value), nil
	}
	value = strings.ReplaceAll(value, "_", "")
	var number json.Number
	if err := json.Unmarshal([]byte(value), &number); err != nil {
		return nil, fmt.Errorf("must be a number")
	}
	return json.RawMessage(value), nil
}

// rebuild reads the changed parts back into c.
func (c *Config) rebuild(parts map[string]map[string]json.RawMessage, changed map[string]bool) error {
	next := *c
	tagged := func(part, name string) ([]byte, error) {
		parts[part]["name"], _ = json.Marshal(name)
		return nested(parts[part])
	}
	for part := range changed {
		var text []byte
		var err error
		switch part {
		case "run":
			if text, err = json.Marshal(parts[part]); err == nil {
				err = json.Unmarshal(text, (*plainConfig)(&next))
			}
		case "method":
			if text, err = tagged(part, c.Method.Name()); err == nil {
				next.Method, err = Methods.Unmarshal(text)
			}
		case "encoder":
			if text, err = tagged(part, c.Encoder.Name()); err == nil {
				next.Encoder, err = encoder.Encoders.Unmarshal(text)
			}
		case "head":
			if text, err = tagged(part, c.Head.Name()); err == nil {
				next.Head, err = encoder.Heads.Unmarshal(text)
			}
		case "optimizer":
			if text, err = tagged(part, c.Optimizer.Name()); err == nil {
				next.Optimizer, err = optim.Optimizers.Unmarshal(text)
			}
		}
		if err != nil {
			return settingError(err)
		}
	}
	*c = next
	return nil
}

// settingError says in plain words what json says of a number that does not fit.
func settingError(err error) error {
	if typeError, ok := err.(*json.UnmarshalTypeError); ok {
		return fmt.Errorf("%s = %s: must be a %s", typeError.Field, strings.TrimPrefix(typeError.Value, "number "), plainKind(typeError.Type.Kind().String()))
	}
	return fmt.Errorf("settings: %w", err)
}

func plainKind(kind string) string {
	if strings.HasPrefix(kind, "int") {
		return "whole number"
	}
	return kind
}
