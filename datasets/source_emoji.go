package datasets

import "github.com/contrastlab/contrastlab/datasets/emoji"

// openEmoji reads the embedded emoji: labels are the groups, fine labels the subgroups, domains the artists,
// items the emoji.
func openEmoji() (*Source, error) {
	d, err := emoji.Load()
	if err != nil {
		return nil, err
	}
	all := &Images{
		Name: "emoji/all", Pixels: d.Pixels, Height: emoji.Side, Width: emoji.Side, Channels: emoji.Channels,
		LabelNames: d.Groups, FineNames: d.Subgroups, Captions: map[string][][]string{},
	}
	artists := emoji.Artists()
	for _, a := range artists {
		all.DomainNames = append(all.DomainNames, a.Name)
	}
	for i, it := range d.Items {
		all.ItemNames = append(all.ItemNames, it.EN[0])
		all.ItemGlyphs = append(all.ItemGlyphs, it.Glyph())
		all.Captions["en"] = append(all.Captions["en"], it.EN)
		all.Captions["zh"] = append(all.Captions["zh"], it.ZH)
		for a := range artists {
			all.Labels = append(all.Labels, int32(it.Group))
			all.FineLabels = append(all.FineLabels, int32(it.Subgroup))
			all.Domains = append(all.Domains, int32(a))
			all.Items = append(all.Items, int32(i))
		}
	}
	s := &Source{
		Name: "emoji",
		About: "1,558 emoji by five artists, 32×32 RGBA; Noto Apache-2.0, Twemoji CC-BY-4.0, Fluent MIT, " +
			"OpenMoji CC-BY-SA-4.0, names Unicode-3.0",
		HeldOut: []string{emoji.HeldOut},
		all:     all,
	}
	train, test := emoji.Split(d.Items)
	for _, i := range train {
		for a, artist := range artists {
			if artist.Name != emoji.HeldOut {
				s.train.list = append(s.train.list, i*len(artists)+a)
			}
		}
	}
	for _, i := range test {
		for a := range artists {
			s.test.list = append(s.test.list, i*len(artists)+a)
		}
	}
	return s, all.Validate()
}
