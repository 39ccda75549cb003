package augment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// known are all transforms; json.go makes a new one of these types from its name.
var known = []Transform{
	RandomResizedCrop{}, HorizontalFlip{}, Rotation{}, RandomBackground{},
	ColorJitter{}, Grayscale{}, GaussianBlur{}, Solarize{},
}

// tag is the JSON key that says which transform an object is.
const tag = "Transform"

// policyJSON is a Policy as it is saved.
type policyJSON struct {
	Name       string
	Transforms []json.RawMessage
	Mean       []float64 `json:",omitempty"`
	Std        []float64 `json:",omitempty"`
}

// MarshalJSON writes each transform as an object of its fields with its type's name under "Transform":
//
//	{"Name":"mine","Transforms":[{"Transform":"HorizontalFlip","P":0.5}]}
func (p Policy) MarshalJSON() ([]byte, error) {
	out := policyJSON{Name: p.Name, Transforms: []json.RawMessage{}, Mean: p.Mean, Std: p.Std}
	for i, t := range p.Transforms {
		if t == nil {
			return nil, fmt.Errorf("augment: policy %q: transform %d is nil", p.Name, i)
		}
		fields, err := json.Marshal(t)
		if err != nil {
			return nil, fmt.Errorf("augment: policy %q: transform %d (%s): %w", p.Name, i, t.name(), err)
		}
		out.Transforms = append(out.Transforms, fmt.Appendf(nil, `{%q:%q,%s`, tag, t.name(), fields[1:]))
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes. It returns an error, and leaves the policy as it was, for a
// transform or a field that it does not know and for values that Validate rejects.
func (p *Policy) UnmarshalJSON(data []byte) error {
	var in policyJSON
	if err := strict(data, &in); err != nil {
		return fmt.Errorf("augment: policy: %w", err)
	}
	read := Policy{Name: in.Name, Mean: in.Mean, Std: in.Std}
	for i, raw := range in.Transforms {
		t, err := readTransform(raw)
		if err != nil {
			return fmt.Errorf("augment: policy %q: transform %d: %w", in.Name, i, err)
		}
		read.Transforms = append(read.Transforms, t)
	}
	if err := read.Validate(); err != nil {
		return err
	}
	*p = read
	return nil
}

func readTransform(raw json.RawMessage) (Transform, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	var name string
	if err := json.Unmarshal(fields[tag], &name); err != nil {
		return nil, fmt.Errorf("no string under %q, which names the transform: %s", tag, knownNames())
	}
	i := slices.IndexFunc(known, func(t Transform) bool { return t.name() == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown transform %q; known are %s", name, knownNames())
	}
	delete(fields, tag)
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	t := reflect.New(reflect.TypeOf(known[i]))
	if err := strict(rest, t.Interface()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t.Elem().Interface().(Transform), nil
}

func knownNames() string {
	names := make([]string, len(known))
	for i, t := range known {
		names[i] = t.name()
	}
	return strings.Join(names, ", ")
}

// strict decodes data and rejects fields that are not in the target.
func strict(data []byte, target any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(target)
}
