package eval

import (
	"fmt"
	"math"
)

// Disease names what a [Finding] is of.
type Disease string

// What the doctor knows.
const (
	LearningRateTooHigh Disease = "learning-rate-too-high"
	TemperatureTooLow   Disease = "temperature-too-low"
	Collapse            Disease = "collapse"
	DimensionalCollapse Disease = "dimensional-collapse"
	NothingLearned      Disease = "nothing-learned"
	QueueFilling        Disease = "queue-filling"
	Shortcut            Disease = "shortcut"
	LabelLeak           Disease = "label-leak"
	TestLeak            Disease = "test-leak"
	BatchTooSmall       Disease = "batch-too-small"
	HeadDropped         Disease = "head-dropped"
	NoProjectionHead    Disease = "no-head"
)

// The thresholds. "Runs" are those of eleven methods on the emoji, 60 to 200 steps of 256 pairs, and of the gallery
// of broken runs in the tests of package contrastive: a threshold lies in the gap between the healthy and the broken ones.
const (
	// A spread std·√D below this is a collapse. Healthy runs stay above 0.3; 0 is a point (Chen and He 2021, fig. 2).
	collapsedStd = 0.1
	// A spread of the vectors themselves, per dimension, below this is one where the method compares those: VICReg's
	// hinge asks for 1 (Bardes et al. 2022, eq. 1).
	collapsedScale = 0.1
	// In dimensional collapse (Jing et al. 2022) the effective rank falls below this share of the dimensions (healthy
	// runs: 0.09 to 0.6), or so few directions hold 99 % of the variance (3 to 50).
	collapsedRankShare  = 0.05
	collapsedDirections = 2
	// Nothing is learned if the positive's rank stays above this share of what it was at first (runs get to 0.8 within
	// 60 steps, batches differ by a tenth) and the loss above this share of its ceiling.
	unlearnedRank  = 0.95
	unlearnedShare = 0.97
	// Temperatures in the literature begin at 0.05 (SimCSE) and 0.07 (MoCo); below, the loss of an untrained encoder
	// is a multiple of its ceiling, since the softmax sees one negative alone (Wang and Liu 2021, sec. 3.2), and the
	// embeddings need no more than a small cap of the sphere.
	lowestTemperature = 0.05
	overwhelmedShare  = 2.0
	cappedUniformity  = -0.5
	// Recall@1 of color histograms. The policies of the package leave 0.04 to 0.07 of 256 emoji; without their color
	// distortion it is 0.68 to 0.83.
	colorShortcut = 0.25
	// Recall@1 of pixels: 0.03 to 0.11 under those policies, 1 without any.
	pixelShortcut = 0.5
	// A loss this far above both its ceiling and its first value is worse than guessing (by chance, untrained encoders
	// reach 1.2); one that takes back this share of what it had gained has been thrown off.
	aboveCeiling = 1.5
	regained     = 0.5
	// Weights this many times as long as at first were thrown there: healthy runs end at 1.0 to 1.1, those with fifty and
	// five hundred times the learning rate at 3 and 26.
	explodedGrowth = 2.5
	// A loss over N samples of a batch can tell of no more than ln N nats (van den Oord et al. 2018, sec. 2.3): from this
	// many samples down that is little more than 2.
	fewSamples = 8
	// Batch-norm over fewer pictures: ImageNet's error rises by 1.2 points at 8, 3.7 at 4 (Wu and He 2018, table 2).
	fewNormRows = 8
	// McNemar's z above which z is really better than h.
	surelyBetter = 3.0
)

// rule looks for one disease. It is not asked if one of unless was found before.
type rule struct {
	id     Disease
	look   func(*Symptoms) *Finding
	unless []Disease
}

// Causes stand before what follows from them.
var rules = []rule{
	{TemperatureTooLow, temperatureTooLow, nil},
	{LearningRateTooHigh, learningRateTooHigh, []Disease{TemperatureTooLow}},
	{Collapse, collapse, []Disease{TemperatureTooLow}},
	{DimensionalCollapse, dimensionalCollapse, []Disease{TemperatureTooLow, Collapse, LearningRateTooHigh}},
	{NothingLearned, nothingLearned, []Disease{TemperatureTooLow, Collapse, LearningRateTooHigh}},
	{TestLeak, testLeak, nil},
	{LabelLeak, labelLeak, nil},
	{Shortcut, shortcut, nil},
	{QueueFilling, queueFilling, nil},
	{BatchTooSmall, batchTooSmall, nil},
	{NoProjectionHead, noProjectionHead, nil},
	{HeadDropped, headDropped, []Disease{NothingLearned, Collapse}},
}

func temperatureTooLow(s *Symptoms) *Finding {
	c, t := s.Course, s.Setup.Temperature
	if c == nil || t <= 0 || t >= lowestTemperature {
		return nil
	}
	f := &Finding{Severity: Warning,
		Title:  "The temperature is too low: the gradient comes from the hardest negative alone",
		Remedy: "Raise temperature to 0.1 … 0.5. The hardest negative is often the same thing once more, and what is less than T apart looks far apart already, so that little of the sphere is used.",
	}
	switch {
	case c.Share(c.FirstLoss) > overwhelmedShare:
		f.Evidence = fmt.Sprintf("at T = %.3g the loss began at %.2f, %.1f times its ceiling %s; at a usual temperature it begins near the ceiling", t, c.FirstLoss, c.Share(c.FirstLoss), c.ceilingInWords())
	case c.Uniformity > cappedUniformity && c.Rank < unlearnedRank*c.FirstRank:
		f.Evidence = fmt.Sprintf("at T = %.3g embeddings keep to a small cap of the sphere, uniformity %.2f (beyond −1 is usual), although positives are told apart (mean rank %.1f, at first %.1f)", t, c.Uniformity, c.Rank, c.FirstRank)
	default:
		return nil
	}
	return f
}

func learningRateTooHigh(s *Symptoms) *Finding {
	evidence := ""
	switch c := s.Course; {
	case s.Growth != nil && *s.Growth > explodedGrowth:
		evidence = fmt.Sprintf("the encoder's weights are %.3g times as long as before the first step; little more than 1 time is usual", *s.Growth)
	case c == nil:
		return nil
	case c.Ceiling > 0 && c.WorstLoss > aboveCeiling*max(c.Ceiling, c.FirstLoss) && !coldTemperature(s.Setup):
		evidence = fmt.Sprintf("at step %d the loss was %.2f, %.2f times its ceiling of %.2f, at which nothing is told apart", c.WorstStep, c.WorstLoss, c.Share(c.WorstLoss), c.Ceiling)
	case s.Setup.Temperature > 0 && c.BestLoss > 0 && c.Ceiling > 0 && c.Share(c.BestLoss) < 0.9 && c.Loss-c.BestLoss > regained*(c.Ceiling-c.BestLoss):
		evidence = fmt.Sprintf("the loss had come down to %.2f and is at %.2f again (ceiling %.2f)", c.BestLoss, c.Loss, c.Ceiling)
	default:
		return nil
	}
	return &Finding{Severity: Broken, Title: "The learning rate is too high", Evidence: evidence,
		Remedy: "Divide learning_rate by 3 until the loss falls steadily; a longer warm_up and clip_norm=1 help where only the first steps go wrong."}
}

// coldTemperature says that logits are so steep that a loss above its ceiling means little: any pair ranked wrongly
// costs 1/T.
func coldTemperature(setup Setup) bool {
	return setup.Temperature > 0 && setup.Temperature < lowestTemperature
}

func collapse(s *Symptoms) *Finding {
	f := &Finding{Severity: Broken, Title: "Complete collapse: every picture has nearly the same embedding",
		Remedy: "Something must push pictures apart: negatives, a stopped gradient with a predictor, or a variance term. Look for what was switched off, then for a learning rate that is too high. kNN may look fine all the same."}
	switch c, z := s.Course, s.Head; {
	case s.Setup.Unnormalized && z != nil:
		if z.Scale >= collapsedScale {
			return nil
		}
		f.Evidence = fmt.Sprintf("the embeddings spread by %.3g in each dimension (%s asks for 1)", z.Scale, s.Setup.Method)
	case c != nil && c.Steps > 1 && c.Std < collapsedStd:
		f.Evidence = fmt.Sprintf("std·√D is %.3f (1 is spread evenly, 0 a point) and uniformity %.3f (0 is a point)", c.Std, c.Uniformity)
	default:
		return nil
	}
	return f
}

func dimensionalCollapse(s *Symptoms) *Finding {
	z := s.Head
	if z == nil || s.Setup.Unnormalized && z.Scale < collapsedScale {
		return nil
	}
	possible := min(z.D, z.N-1)
	if s.Setup.UsesLabels && s.Setup.Classes > 0 {
		possible = min(possible, s.Setup.Classes-1) // classes that are each one point span no more
	}
	if possible < 2*collapsedDirections || z.Directions > collapsedDirections && z.EffectiveRank >= collapsedRankShare*float64(possible) {
		return nil
	}
	return &Finding{Severity: Warning, Title: "Dimensional collapse: the embeddings use a few of their dimensions",
		Evidence: fmt.Sprintf("effective rank %.1f of %d dimensions; %d of them hold 99 %% of the variance", z.EffectiveRank, z.D, z.Directions),
		Remedy:   "Raise the weight that keeps dimensions different (lambda, covariance), use an MLP head of two or three layers, weaken the augmentation (Jing et al. 2022), or lower dim."}
}

func nothingLearned(s *Symptoms) *Finding {
	c := s.Course
	if c == nil || c.Steps < 2 || s.Setup.QueueLength > c.Steps*s.Setup.QueueKeys {
		return nil
	}
	blind := c.FirstRank <= 1.5 // a method whose two sides are one, or a task that is no task
	noBetter := blind || c.Rank > unlearnedRank*c.FirstRank
	if !noBetter || blind && c.Ceiling == 0 || c.Ceiling > 0 && c.Share(c.Loss) < unlearnedShare {
		return nil
	}
	evidence := fmt.Sprintf("after %d steps the positive is on place %.1f of %d, at first it was on %.1f", c.Steps, c.Rank, s.Setup.BatchSize, c.FirstRank)
	if c.Ceiling > 0 {
		evidence = fmt.Sprintf("after %d steps the loss is %.3f, %.0f %% of its ceiling %s", c.Steps, c.Loss, 100*c.Share(c.Loss), c.ceilingInWords())
		if !blind {
			evidence += fmt.Sprintf("; the positive is on place %.1f of %d, at first on %.1f", c.Rank, s.Setup.BatchSize, c.FirstRank)
		}
	}
	return &Finding{Severity: Broken, Title: "Nothing learned: positives are found no better than at first", Evidence: evidence,
		Remedy: "A loss that stands still at ln(candidates), such as 6.24 = ln 511 or 11.09 = ln 65,537, tells nothing apart. Raise learning_rate or the number of steps; see that views are not distorted beyond recognition and that pairs belong together."}
}

func queueFilling(s *Symptoms) *Finding {
	k, keys := s.Setup.QueueLength, s.Setup.QueueKeys
	if k == 0 || keys == 0 || s.Course == nil || s.Course.Steps*keys >= k {
		return nil
	}
	f := &Finding{Severity: Note, Title: "The queue is still filling",
		Evidence: fmt.Sprintf("after %d steps it holds %d of %d keys; it is full at step %d of %d", s.Course.Steps, s.Course.Steps*keys, k, (k+keys-1)/keys, s.Setup.TotalSteps),
		Remedy:   "Wait: until then the loss rises with the number of negatives, which is no fault."}
	if s.Setup.TotalSteps*keys < k {
		f.Severity, f.Title = Warning, "The queue is never full"
		f.Remedy = fmt.Sprintf("Lower queue_length to %d or less, or train longer. Until the queue is full the loss rises with the number of negatives and is below its ceiling for that reason alone.", max(1, s.Setup.TotalSteps/4)*keys)
	}
	return f
}

func shortcut(s *Symptoms) *Finding {
	t := s.Task
	if t == nil {
		return nil
	}
	chance := 1 / float64(t.Samples)
	switch {
	case t.ColorHistogram > colorShortcut:
		return &Finding{Severity: Warning, Title: "A shortcut: color alone solves the pretext task",
			Evidence: fmt.Sprintf("color histograms find %.0f %% of second views among %d (chance %.1f %%; the run's embeddings: %.0f %%)", 100*t.ColorHistogram, t.Samples, 100*chance, 100*t.Run),
			Remedy:   "Add color jitter and grayscale to the views (Chen et al. 2020, sec. 3.1, fig. 5): -augment simclr, moco-v2 or the data set's own."}
	case t.Pixels > pixelShortcut:
		return &Finding{Severity: Warning, Title: "A shortcut: the views are all but the same picture",
			Evidence: fmt.Sprintf("raw pixels find %.0f %% of second views among %d (chance %.1f %%)", 100*t.Pixels, t.Samples, 100*chance),
			Remedy:   "Stronger views: random crops first of all, then color (Chen et al. 2020, sec. 3)."}
	}
	return nil
}

func labelLeak(s *Symptoms) *Finding {
	if s.Setup.UsesLabels || !s.Setup.PairsByItem {
		return nil
	}
	return &Finding{Severity: Warning, Title: "Labels in a self-supervised method: positives are pictures of one item",
		Evidence: fmt.Sprintf("%s with positives = same_item is told for each of %d samples a step which pictures show one thing", s.Setup.Method, s.Setup.BatchSize),
		Remedy:   "Report it as supervised by items and compare it with methods that are; for a self-supervised run, positives = same_image."}
}

func testLeak(s *Symptoms) *Finding {
	l := s.Leak
	if l == nil || l.Pictures == 0 && l.Items == 0 {
		return nil
	}
	evidence := fmt.Sprintf("%d of %d test pictures are training pictures, byte for byte", l.Pictures, l.Test)
	if l.Items > 0 {
		evidence += fmt.Sprintf("; %d test items were trained on, such as %q", l.Items, l.Example)
	}
	return &Finding{Severity: Broken, Title: "Test data among the training data", Evidence: evidence,
		Remedy: "Train on the training part alone, split by item; the scores of this run say nothing."}
}

func batchTooSmall(s *Symptoms) *Finding {
	f := &Finding{Severity: Warning, Title: "The batch is too small"}
	switch {
	case s.Setup.InBatch && s.Setup.BatchSize <= fewSamples:
		f.Evidence = fmt.Sprintf("a sample is told from %d others: whatever the encoder learns, the loss can tell of no more than ln %d = %.2f nats (5.55 at 256)",
			s.Setup.BatchSize-1, s.Setup.BatchSize, math.Log(float64(s.Setup.BatchSize)))
		f.Remedy = "Raise batch_size to 64 or more (256 is usual), or take a method with a queue (moco) or without negatives."
	case s.Setup.NormRows > 0 && s.Setup.NormRows < fewNormRows:
		f.Evidence = fmt.Sprintf("batch-norm takes its statistics from %d pictures; from 8 on they are usable", s.Setup.NormRows)
		f.Remedy = "Raise batch_size, or lower splits: the statistics of few pictures are noise, and give a sample's neighbors away."
	default:
		return nil
	}
	return f
}

func noProjectionHead(s *Symptoms) *Finding {
	if !s.Setup.NoHead || s.Setup.UsesLabels || s.Features == nil {
		return nil
	}
	return &Finding{Severity: Warning, Title: "No projection head: the loss acts on the features that are kept",
		Evidence: fmt.Sprintf("h itself is made alike between views; of its %d dimensions the effective rank is %.1f", s.Features.D, s.Features.EffectiveRank),
		Remedy:   "Train with a head (-head mlp) and drop it afterwards: the features before it keep what the views change, such as color and place (Chen et al. 2020, sec. 4.2: more than 10 points)."}
}

func headDropped(s *Symptoms) *Finding {
	u := s.Use
	if u == nil || s.Setup.UsesLabels || s.Setup.PairsByItem || u.Z < surelyBetter {
		return nil
	}
	return &Finding{Severity: Warning, Title: "The head does the work: z is better than h, which is what is kept",
		Evidence: fmt.Sprintf("kNN accuracy %.3f by z, %.3f by h on %d pictures (McNemar's z = %.1f)", u.Head, u.Features, u.Pictures, u.Z),
		Remedy:   "Use Run.EmbedHead for this run, or give the encoder more to do: a wider encoder, a smaller head."}
}
