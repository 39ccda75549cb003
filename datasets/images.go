package datasets

// Images is a set of pictures of one size on the host, with what is known of each of them. The optional
// slices are nil when the source has no such notion; otherwise they have one entry per picture.
type Images struct {
	// Name says where the pictures come from and which part they are, e.g. "emoji/train".
	Name string

	// Pixels holds all pictures, row-major [N, Height, Width, Channels], 0 … 255. With four channels the
	// fourth is straight (not premultiplied) alpha.
	Pixels                  []uint8
	Height, Width, Channels int

	// Labels is the class of each picture, an index into LabelNames.
	Labels     []int32
	LabelNames []string

	// Domains says who drew a picture or where it was taken, an index into DomainNames.
	Domains     []int32
	DomainNames []string

	// Items says which thing a picture shows, an index into ItemNames: two pictures of one item are the
	// same emoji drawn by two artists.
	Items     []int32
	ItemNames []string

	// Captions holds, per language ("en", "zh"), the texts that describe each item: Captions["en"][item]
	// is the item's short name first, then its keywords.
	Captions map[string][][]string
}

// Len is the number of pictures.
func (s *Images) Len() int {
	size := s.Height * s.Width * s.Channels
	if size == 0 {
		return 0
	}
	return len(s.Pixels) / size
}
