package check

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func ExamplePredict() {
	folder, _ := os.MkdirTemp("", "predict")
	defer os.RemoveAll(folder)
	os.Setenv(PredictionsEnv, filepath.Join(folder, "mine.json"))
	defer os.Unsetenv(PredictionsEnv)

	Predict("recall", 0.5, "recall@1 of an untrained encoder")
	Predict("recall", 0.25, "recall@1 of an untrained encoder") // changed one's mind in time
	Measured("recall", 0.26)
	Predict("recall", 0.26, "recall@1 of an untrained encoder") // too late
	Measured("loss", 5.5)
	// Output:
	// PREDICTION recall: you expect 0.5 (recall@1 of an untrained encoder)
	// PREDICTION recall: you expect 0.25 (recall@1 of an untrained encoder)
	// MEASURED recall: 0.26, you predicted 0.25: within a tenth of it
	// PREDICTION recall: you have seen the measurement (0.26), so your first prediction stays: 0.25
	// MEASURED loss: 5.5; you predicted nothing: give a number in the cell that calls check.Predict("loss", ...)
}

// The first measurement is what the prediction was made for; running the cell again must not change what is on record.
func TestFirstMeasurementStays(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(PredictionsEnv, "")
	Predict("x", 2, "x")
	require.InDelta(t, -1, Measured("x", 3), 0)
	require.InDelta(t, -2, Measured("x", 4), 0)
	all, err := Predictions()
	require.NoError(t, err)
	require.InDelta(t, 3, *all["x"].Measured, 0)
	require.FileExists(t, PredictionsFile)
	left, err := filepath.Glob("runs/*")
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}

func TestPredictNoNumber(t *testing.T) {
	t.Setenv(PredictionsEnv, filepath.Join(t.TempDir(), "p.json"))
	Predict("x", math.NaN(), "x")
	require.NoFileExists(t, os.Getenv(PredictionsEnv))
	Predict("x", 1, "x")
	require.True(t, math.IsInf(Measured("x", math.Inf(1)), -1))
	all, err := Predictions()
	require.NoError(t, err)
	require.Nil(t, all["x"].Measured)
}

// What was told to `lab predict` before the notebook was opened is not replaced by the number that stands in the cell.
func TestPredictOutside(t *testing.T) {
	t.Setenv(PredictionsEnv, filepath.Join(t.TempDir(), "p.json"))
	said, err := PredictOutside("x", 2)
	require.NoError(t, err)
	require.Equal(t, "you expect 2", said)
	Predict("x", 9, "the cell's own")
	all, err := Predictions()
	require.NoError(t, err)
	require.InDelta(t, 2, all["x"].Guess, 0)
	require.Equal(t, "the cell's own", all["x"].What)
	said, err = PredictOutside("x", 3)
	require.NoError(t, err)
	require.Equal(t, "you expect 3 (the cell's own)", said)
	Measured("x", 4)
	said, err = PredictOutside("x", 4)
	require.NoError(t, err)
	require.Contains(t, said, "your first prediction stays: 3")
	_, err = PredictOutside("x", math.Inf(1))
	require.ErrorContains(t, err, "no number")
}

// A damaged file is told and left as it is: it may hold a learner's work.
func TestPredictDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.json")
	t.Setenv(PredictionsEnv, path)
	require.NoError(t, os.WriteFile(path, []byte(`{"x": {"guess"`), 0o600))
	Predict("x", 1, "x")
	require.True(t, math.IsNaN(Measured("x", 1)))
	_, err := Predictions()
	require.ErrorContains(t, err, path)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, `{"x": {"guess"`, string(content))
}
