package check

import (
	"errors"
	"fmt"
)

// catalog lists every check.
func catalog() []selfTester {
	return []selfTester{
		cosineMatrixSpec(),
		twoViewsSpec(),
		infoNCESpec(),
		infoNCEGradientsSpec(),
		twoViewMasksSpec(),
		ntXentSpec(),
		diagnoseSpec(),
		alignmentSpec(),
		uniformitySpec(),
		emaSpec(),
		enqueueSpec(),
		moCoGradientsSpec(),
		supConMaskSpec(),
		supConSpec(),
		balancedSpec(),
		clipSpec(),
		retrieveSpec(),
		standardizeSpec(),
		probeStepSpec(),
		pairGradientsSpec(),
	}
}

// selfTester is a check apart from the type of its function.
type selfTester interface {
	selfTest() error
	lessons() []string // what its mistakes point to
}

// SelfTest tries every check on the right function, which must pass, on the empty one, and on each of its mistakes, which
// must fail and be named. The error lists what does not hold.
func SelfTest() error {
	var errs []error
	for _, one := range catalog() {
		errs = append(errs, one.selfTest())
	}
	return errors.Join(errs...)
}

func (s spec[F]) selfTest() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("check.%s: %s", s.name, fmt.Sprintf(format, args...)))
	}
	if r := s.judge(s.with(0)); !r.Passed() {
		wrong("the right function does not pass:\n%s", r)
	}
	if r := s.judge(s.unwritten); r.Passed() || !r.Unwritten() {
		wrong("the empty function is not told from a written one:\n%s", r)
	}
	for i, one := range s.slips {
		if r := s.judge(s.with(1 << i)); r.Passed() || len(r.Mistakes) != 1 || r.Mistakes[0].ID != one.id {
			wrong("the mistake %q is not recognized:\n%s", one.id, r)
		}
	}
	return errors.Join(errs...)
}

func (s spec[F]) lessons() (paths []string) {
	for _, one := range s.slips {
		paths = append(paths, lessonPath(one.lesson))
	}
	return paths
}
