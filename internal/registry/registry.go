// Package registry turns small configuration structs into tagged JSON and back, fills their documented
// defaults, and suggests the nearest name for a mistyped one. Methods, encoders, heads and optimizers all
// use it, so that a run's config.json names what it was made of.
package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Named is what a registered struct tells of itself.
type Named interface{ Name() string }

// Registry holds one kind of thing, by name.
type Registry[T Named] struct {
	kind  string
	types map[string]reflect.Type
}

// New makes an empty registry; kind ("method") appears in error messages.
func New[T Named](kind string) *Registry[T] {
	return &Registry[T]{kind: kind, types: map[string]reflect.Type{}}
}

// Register adds the struct type of zero under its name. It panics on a second registration of a name and
// on anything but a struct value, both programming errors seen at start-up.
func (r *Registry[T]) Register(zero T) {
	t := reflect.TypeOf(zero)
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("registry: %s %q must be a struct value, not %s", r.kind, zero.Name(), t))
	}
	if _, twice := r.types[zero.Name()]; twice {
		panic(fmt.Sprintf("registry: %s %q registered twice", r.kind, zero.Name()))
	}
	r.types[zero.Name()] = t
}

// Names lists what is registered, sorted.
func (r *Registry[T]) Names() []string {
	names := make([]string, 0, len(r.types))
	for name := range r.types {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New is the registered struct with its defaults filled in.
func (r *Registry[T]) New(name string) (T, error) {
	var none T
	t, ok := r.types[name]
	if !ok {
		return none, r.unknown(name)
	}
	value := reflect.New(t).Elem()
	if err := fillDefaults(value); err != nil {
		return none, err
	}
	return value.Interface().(T), nil
}

func (r *Registry[T]) unknown(name string) error {
	names := r.Names()
	message := fmt.Sprintf("unknown %s %q; known: %s", r.kind, name, strings.Join(names, ", "))
	if near := Nearest(name, names); near != "" {
		message += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("%s", message)
}

// Marshal writes v as a JSON object with its name in the field "name".
func (r *Registry[T]) Marshal(v T) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	name, _ := json.Marshal(v.Name())
	tagged := append([]byte(`{"name":`), name...)
	if rest := bytes.TrimPrefix(body, []byte("{")); !bytes.Equal(rest, []byte("}")) {
		tagged = append(append(tagged, ','), rest...)
		return tagged, nil
	}
	return append(tagged, '}'), nil
}

// Unmarshal reads what Marshal wrote. A field that the struct does not have is an error; one that is
// missing keeps its zero value, not its default: the file says what the run was made of.
func (r *Registry[T]) Unmarshal(data []byte) (T, error) {
	var none T
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return none, fmt.Errorf("%s: %w", r.kind, err)
	}
	var name string
	if err := json.Unmarshal(fields["name"], &name); err != nil {
		return none, fmt.Errorf("%s without a name: %s", r.kind, data)
	}
	t, ok := r.types[name]
	if !ok {
		return none, r.unknown(name)
	}
	delete(fields, "name")
	body, err := json.Marshal(fields)
	if err != nil {
		return none, err
	}
	value := reflect.New(t)
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value.Interface()); err != nil {
		return none, fmt.Errorf("%s %q: %w", r.kind, name, err)
	}
	return value.Elem().Interface().(T), nil
}

// WithDefaults is v with every zero field that has a `default:"…"` tag set to it.
func WithDefaults[T any](v T) (T, error) {
	if reflect.TypeOf(v) == nil {
		return v, nil
	}
	value := reflect.New(reflect.TypeOf(v)).Elem()
	value.Set(reflect.ValueOf(v))
	if err := fillDefaults(value); err != nil {
		return v, err
	}
	return value.Interface().(T), nil
}

func fillDefaults(value reflect.Value) error {
	if value.Kind() != reflect.Struct {
		return nil
	}
	for i := range value.NumField() {
		field, tag := value.Field(i), value.Type().Field(i).Tag.Get("default")
		if field.Kind() == reflect.Struct { // such as the text encoder within a method
			if err := fillDefaults(field); err != nil {
				return err
			}
			continue
		}
		if tag == "" || !field.IsZero() {
			continue
		}
		var err error
		switch field.Kind() {
		case reflect.Int, reflect.Int64:
			var n int64
			n, err = strconv.ParseInt(tag, 10, 64)
			field.SetInt(n)
		case reflect.Float64:
			var f float64
			f, err = strconv.ParseFloat(tag, 64)
			field.SetFloat(f)
		case reflect.String:
			field.SetString(tag)
		default:
			err = fmt.Errorf("no default tags for %s", field.Kind())
		}
		if err != nil {
			return fmt.Errorf("default of %s.%s: %w", value.Type(), value.Type().Field(i).Name, err)
		}
	}
	return nil
}

// Nearest is the known name within two edits (or a third of its length) of name, or "".
func Nearest(name string, known []string) string {
	best, bestDistance := "", max(2, len(name)/3)+1
	for _, candidate := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := previous
			if a[i] != b[j] {
				substitute++
			}
			previous = row[j+1]
			row[j+1] = min(substitute, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
