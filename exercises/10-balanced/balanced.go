// Package balanced is exercise 10: a batch in which no domain outnumbers another. README.md says what to write.
package balanced

import "math/rand/v2"

// BalancedBatch draws a batch with equally many pictures of each of the D domains, and returns their positions in the data
// set: picture i is of domain domains[i]. Domains may be any numbers.
//
//   - Each domain fills size/D places. The size mod D places that are left go one each to domains drawn anew for each batch.
//   - Within a domain, every picture is as likely, and none comes twice before all of it have come.
//   - The batch is not sorted by domain. All that is random comes from rng, and rng in the same state gives the same batch.
func BalancedBatch(domains []int, size int, rng *rand.Rand) []int {
	return nil // yours
}
