package contrastive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Record is one line of a run's history: what was measured on the batch of one step.
type Record struct {
	Step  int     `json:"step"`
	Epoch float64 `json:"epoch"`
	Loss  float64 `json:"loss"`
	// LossShare is the loss over its ceiling, the value at which nothing is told apart: 1 is "nothing learned".
	// 0 where the method has no ceiling.
	LossShare float64 `json:"loss_share"`
	// LearningRate is that of this step.
	LearningRate float64 `json:"learning_rate"`
	// GradientNorm is the Euclidean norm of the whole gradient, before clipping.
	GradientNorm float64 `json:"gradient_norm"`
	// PositiveRank is the mean place of the positive among the batch by similarity; 1 is best.
	PositiveRank float64 `json:"positive_rank"`
	// Std is the standard deviation of the normalized embedding per dimension times √D: 1 spread evenly, 0 collapsed.
	Std float64 `json:"std"`
	// Alignment is the mean squared distance of positives, Uniformity the log of the mean Gaussian potential
	// (t = 2), both on normalized embeddings (Wang and Isola 2020). Lower is better for each.
	Alignment  float64 `json:"alignment"`
	Uniformity float64 `json:"uniformity"`
	// ViewsPerSecond is the speed since the record before, compilation left out; 0 when unknown.
	ViewsPerSecond float64 `json:"views_per_second"`
}

// readHistory reads the records up to and including step last. A final line cut short by a kill is dropped;
// any other damage is an error that names the line.
func readHistory(path string, last int) ([]Record, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var history []Record
	lines := bytes.Split(data, []byte("\n"))
	for i, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var record Record
		if err := json.Unmarshal(line, &record); err != nil {
			if i == len(lines)-1 {
				break
			}
			return nil, fmt.Errorf("%s, line %d is damaged: %w; mend or delete the line", path, i+1, err)
		}
		if record.Step <= last {
			history = append(history, record)
		}
	}
	return history, nil
}

// writeHistory replaces the history file.
func writeHistory(path string, history []Record) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, record := range history {
		if err := encoder.Encode(record); err != nil {
			return err
		}
	}
	return writeFileAtomically(path, text.Bytes())
}

// appendRecord adds one line to the history file.
func appendRecord(path string, record Record) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	if err := json.NewEncoder(w).Encode(record); err != nil {
		return fmt.Errorf("history %s: %w", path, joinClose(err, file))
	}
	if err := joinClose(w.Flush(), file); err != nil {
		return fmt.Errorf("history %s: %w", path, err)
	}
	return nil
}
