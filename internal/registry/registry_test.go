package registry

import (
	"strings"
	"testing"
)

type thing interface{ Named }

type ball struct {
	Radius float64 `json:"radius" default:"0.5"`
	Count  int     `json:"count" default:"3"`
	Color  string  `json:"color" default:"red"`
	Plain  bool    `json:"plain"`
}

func (ball) Name() string { return "ball" }

type empty struct{}

func (empty) Name() string { return "empty" }

func things() *Registry[thing] {
	r := New[thing]("thing")
	r.Register(ball{})
	r.Register(empty{})
	return r
}

func TestDefaultsFillOnlyWhatIsZero(t *testing.T) {
	made, err := things().New("ball")
	if err != nil || made != thing(ball{0.5, 3, "red", false}) {
		t.Fatalf("New: got %+v, %v", made, err)
	}
	kept, err := WithDefaults[thing](ball{Radius: 2})
	if err != nil || kept != thing(ball{2, 3, "red", false}) {
		t.Fatalf("WithDefaults: got %+v, %v", kept, err)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for _, v := range []thing{ball{1, 2, "blue", true}, ball{}, empty{}} {
		data, err := things().Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := things().Unmarshal(data)
		if err != nil || back != v {
			t.Errorf("%s: got %+v, %v; want %+v", data, back, err, v)
		}
	}
}

func TestErrorsNameTheWayOut(t *testing.T) {
	for input, want := range map[string]string{
		`{"name":"bal"}`:              `did you mean "ball"`,
		`{"name":"ball","radios":1}`:  "radios",
		`{"radius":1}`:                "without a name",
		`[1]`:                         "thing",
		`{"name":"ball","radius":"x"`: "thing",
	} {
		if _, err := things().Unmarshal([]byte(input)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", input, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"temperature", "batch_size", "seed"}
	for name, want := range map[string]string{"temprature": "temperature", "batchsize": "batch_size", "Seed": "seed", "qqqqqq": ""} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
