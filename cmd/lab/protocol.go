package main

import (
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// artists are the parts that domains play in the evaluation of a data set, where it is known better than by their
// order.
var artists = map[string]eval.CrossDomainOptions{
	"emoji": {Query: "Noto", Gallery: "Twemoji", Unseen: "OpenMoji"},
}

// The numbers of neighbors that vote if -k says nothing: 20 suits some thousand pictures of many kinds, 200 is what
// the field's tables are made with.
const (
	itemNeighbors  = 20
	classNeighbors = 200
)

// protocol is how encoders are measured on a data set, which is decided by what is known of its pictures.
type protocol struct {
	// cross names the parts that domains play where pictures of the same items by several of them are there; a zero
	// value says that there are only classes.
	cross eval.CrossDomainOptions

	// bank are the pictures that vote and that a probe is fitted to; the encoder is measured on test.
	bank, test *datasets.Images

	// k neighbors vote.
	k int
}

// byItem says that pictures of one item look for each other; otherwise only classes are asked for.
func (p *protocol) byItem() bool { return p.cross.Query != "" }

// protocolOf decides how to measure encoders on a data set. Errors name what the data lack and the way out.
func protocolOf(source *datasets.Source) (*protocol, error) {
	p := &protocol{bank: source.Labeled(), test: source.Test()}
	path, isFolder := strings.CutPrefix(source.Name, datasets.FolderPrefix)
	switch {
	case p.test.Len() == 0 && isFolder:
		return nil, usage("%s has no test pictures to measure on: move some of each class to %s/test/CLASS and the others to %s/train/CLASS", source.Name, path, path)
	case p.test.Len() < 2:
		return nil, usage("%s has %s, and two are the least to measure on: add more", source.Name, plural(p.test.Len(), "test picture"))
	case (p.bank.Labels == nil || p.test.Labels == nil) && isFolder:
		return nil, usage("%s has no classes to measure by: sort its pictures into a folder per class, %s/train/CLASS and %s/test/CLASS", source.Name, path, path)
	case p.bank.Labels == nil || p.test.Labels == nil:
		return nil, usage("%s has no labels to measure by; `lab report` needs them too, `lab doctor` does not", source.Name)
	}
	if slices.Min(p.bank.Labels) == slices.Max(p.bank.Labels) {
		return nil, usage("%s has pictures of one class only, %q: nothing can be told apart; add another class", p.bank.Name, p.bank.LabelNames[p.bank.Labels[0]])
	}
	p.cross = crossDomain(source, p.test)
	p.k = min(classNeighbors, p.bank.Len())
	if p.byItem() {
		p.k = min(itemNeighbors, p.bank.Len())
	}
	return p, nil
}

// crossDomain is the part that each domain plays, nothing where there are no items, or fewer than two domains that are
// trained on.
func crossDomain(source *datasets.Source, test *datasets.Images) eval.CrossDomainOptions {
	if known, ok := artists[source.Name]; ok {
		return known
	}
	if test.Items == nil || test.Domains == nil {
		return eval.CrossDomainOptions{}
	}
	var seen, unseen []string
	for i, name := range test.DomainNames {
		switch {
		case !slices.Contains(test.Domains, int32(i)):
		case slices.Contains(source.HeldOut, name):
			unseen = append(unseen, name)
		default:
			seen = append(seen, name)
		}
	}
	if len(seen) < 2 {
		return eval.CrossDomainOptions{}
	}
	options := eval.CrossDomainOptions{Query: seen[0], Gallery: seen[1]}
	if len(unseen) > 0 {
		options.Unseen = unseen[0]
	}
	return options
}

// setNeighbors is what -k asks for.
func (p *protocol) setNeighbors(k int) error {
	if k < 1 {
		return usage("-k %d: at least one neighbor must vote", k)
	}
	if bank := p.bank.Len(); k > bank {
		return usage("-k %d: there are only %s pictures that can be neighbors", k, thousands(bank))
	}
	p.k = k
	return nil
}

// options of the retrieval across domains.
func (p *protocol) options() eval.CrossDomainOptions {
	o := p.cross
	o.K = p.k
	return o
}
