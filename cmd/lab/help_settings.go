package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// setting is one hyperparameter for help.
type setting struct{ name, value, about string }

// settingGroup are the hyperparameters of one part.
type settingGroup struct {
	title    string
	settings []setting
}

// abouts explains hyperparameters by name, or by part and name where a name has several meanings. A field's
// `help` tag goes before it.
var abouts = map[string]string{
	"positives":  "what counts as the same thing: same_image or same_item",
	"views":      "views of each sample in a batch",
	"size":       "side of a view in pixels; 0 is the height of the pictures",
	"batch_size": "samples a step",
	"epochs":     "how often each sample is seen",
	"steps":      "training steps, whatever epochs says; 0 leaves it to epochs",
	"clip_norm":  "bound on the norm of the gradient; 0 is none",
	"seed":       "decides weights, batches and views",
	"log_every":  "steps between two lines of the history",
	"save_every": "steps between two checkpoints",
	"keep":       "checkpoints that stay",

	"temperature":          "T, by which similarities are divided: low looks at the hardest negatives",
	"momentum":             "share of the momentum encoder that stays at each step",
	"predictor_hidden":     "width of the predictor's hidden layer",
	"lambda":               "weight of what correlates different dimensions",
	"queue_length":         "K, keys remembered as negatives; a multiple of the batch",
	"splits":               "parts of the batch with batch-norm statistics of their own",
	"let_gradient_through": "no stopped gradient: shows the collapse",
	"no_predictor":         "no predictor: shows the collapse",
	"by_item":              "the item is the label, instead of the class",
	"inside":               "L_in (the mean inside the logarithm) instead of L_out",
	"classes":              "how many classes there are; 0 takes them from the data",
	"invariance":           "weight of the distance of positives",
	"variance":             "weight of the spread per dimension",
	"covariance":           "weight of what correlates different dimensions",

	"width": "channels of the first layer; the features are a multiple of it",
	"grid":  "parts a side over which the last feature map is averaged; 1 is the mean over all of it",

	"hidden":           "width of the hidden layers",
	"layers":           "dense layers; 1 is linear",
	"dim":              "width of the embedding the loss sees",
	"normalize_output": "batch-norm after the last layer too",

	"learning_rate": "peak of the schedule (warm-up, then cosine)",
	"weight_decay":  "pull of the weights to zero; biases and norms have none",
	"beta1":         "decay of the first moment",
	"beta2":         "decay of the second moment",
	"warm_up":       "share of the steps that warms up",
	"sgd_momentum":  "share of the velocity that stays",
	"lars_momentum": "share of the velocity that stays",
	"nesterov":      "look ahead along the velocity",
	"trust":         "ratio of a layer's update to its weights",
}

// explain says what a hyperparameter of a part is.
func explain(part, name string) string {
	if about := abouts[part+"/"+name]; about != "" {
		return about
	}
	return abouts[name]
}

// settingsOf lists the hyperparameters of a struct with defaults: its numbers, flags and texts with a JSON name.
func settingsOf(part string, v any) []setting {
	value := reflect.ValueOf(v)
	var all []setting
	for i := range value.NumField() {
		field := value.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" || field.Type.Kind() == reflect.Interface {
			continue
		}
		if field.Type.Kind() == reflect.Struct {
			if field.Type.PkgPath() == reflect.TypeOf(encoder.TextTransformer{}).PkgPath() { // a part of its own, as text.width
				for _, inner := range settingsOf(part, value.Field(i).Interface()) {
					inner.name = name + "." + inner.name
					all = append(all, inner)
				}
			}
			continue
		}
		about := field.Tag.Get("help")
		if about == "" {
			about = explain(part, name)
		}
		shown := fmt.Sprint(value.Field(i))
		if text, ok := value.Field(i).Interface().(interface{ MarshalText() ([]byte, error) }); ok {
			if name, err := text.MarshalText(); err == nil {
				shown = string(name)
			}
		}
		all = append(all, setting{name, shown, about})
	}
	return all
}

// allSettings lists what -set can change, by part.
func allSettings() ([]settingGroup, error) {
	config, err := contrastive.Config{Method: contrastive.SimCLR{}}.WithDefaults()
	if err != nil {
		return nil, err
	}
	groups := []settingGroup{{"run", settingsOf("run", config)}}
	for _, part := range []struct {
		kind  string
		parts []settingGroup
	}{
		{"method", groupsOf("method", contrastive.Methods)},
		{"encoder", groupsOf("encoder", encoder.Encoders)},
		{"head", groupsOf("head", encoder.Heads)},
		{"optimizer", groupsOf("optimizer", optim.Optimizers)},
	} {
		groups = append(groups, part.parts...)
	}
	return groups, nil
}

func groupsOf[T registry.Named](part string, r *registry.Registry[T]) []settingGroup {
	var groups []settingGroup
	for _, name := range r.Names() {
		v, err := r.New(name)
		if err != nil {
			continue // a wrong default tag, which the registry's own tests report
		}
		groups = append(groups, settingGroup{part + " " + name, settingsOf(part, v)})
	}
	return groups
}

// isHyperparameter says whether -set knows the name.
func isHyperparameter(name string) bool {
	groups, err := allSettings()
	if err != nil {
		return false
	}
	for _, g := range groups {
		for _, s := range g.settings {
			if s.name == name {
				return true
			}
		}
	}
	return false
}

func writeSettings(w io.Writer) {
	writeParagraphs(w, `Hyperparameters are set with -set "name=value;name=value", or -set file:PATH with a file of such `+
		`settings, a line each. Where two parts have one name, write the part in front: "optimizer/weight_decay=0".`)
	groups, err := allSettings()
	if err != nil {
		fmt.Fprintln(w, err)
		return
	}
	for _, g := range groups {
		fmt.Fprintf(w, "\n%s\n", g.title)
		var rows [][]string
		for _, s := range g.settings {
			rows = append(rows, []string{fmt.Sprintf("  %-18s", s.name), fmt.Sprintf("%10s", s.value), s.about})
		}
		if len(rows) == 0 {
			rows = append(rows, []string{"  (none)"})
		}
		writeList(w, rows)
	}
	fmt.Fprintln(w)
	writeParagraphs(w, "Recipes differ from these defaults, also that of a data set, from which training on it starts: `lab help recipes`.")
}
