package augment

import (
	"fmt"
	"slices"
	"strings"
)

// The crop that Inception training made popular and that most papers below use.
var (
	inceptionScale = [2]float64{0.08, 1}
	inceptionRatio = [2]float64{3. / 4, 4. / 3}
)

// ImageNet's mean and standard deviation per channel, which the torchvision recipes normalize with.
func imageNetMean() []float64 { return []float64{0.485, 0.456, 0.406} }
func imageNetStd() []float64  { return []float64{0.229, 0.224, 0.225} }

// jitter is SimCLR's color distortion of strength s: (0.8, 0.8, 0.8, 0.2)·s with probability 0.8.
func jitter(s float64) ColorJitter {
	return ColorJitter{Brightness: 0.8 * s, Contrast: 0.8 * s, Saturation: 0.8 * s, Hue: 0.2 * s, P: 0.8}
}

// blur is a Gaussian blur of σ 0.1 … 2 pixels over a tenth of the view, with probability p.
func blur(p float64) GaussianBlur {
	return GaussianBlur{Sigma: [2]float64{0.1, 2}, Kernel: 0.1, P: p}
}

// None is no augmentation: the view is the whole picture, over white.
func None() Policy { return Policy{Name: "none"} }

// SimCLR is the policy of Chen et al., "A Simple Framework for Contrastive Learning of Visual
// Representations" (2020), appendix A, for ImageNet: crop of 0.08 … 1 of the area at ratio 3/4 … 4/3, flip
// ½, color jitter (0.8, 0.8, 0.8, 0.2) of strength 1 with probability 0.8, gray 0.2, blur 0.5 with σ 0.1 … 2
// and a kernel of a tenth of the view. The views stay in 0 … 1.
func SimCLR() Policy {
	return Policy{Name: "simclr", Transforms: []Transform{
		RandomResizedCrop{Scale: inceptionScale, Ratio: inceptionRatio},
		HorizontalFlip{P: 0.5},
		jitter(1),
		Grayscale{P: 0.2},
		blur(0.5),
	}}
}

// SimCLRCIFAR is SimCLR's policy for CIFAR-10 (appendix B.9): as [SimCLR], but with color jitter of
// strength 0.5 and without blur.
func SimCLRCIFAR() Policy {
	return Policy{Name: "simclr-cifar", Transforms: []Transform{
		RandomResizedCrop{Scale: inceptionScale, Ratio: inceptionRatio},
		HorizontalFlip{P: 0.5},
		jitter(0.5),
		Grayscale{P: 0.2},
	}}
}

// MoCoV1 is the policy of He et al., "Momentum Contrast for Unsupervised Visual Representation Learning"
// (2020), section 3.3, which it has from instance discrimination: crop of 0.2 … 1, gray 0.2 and only then
// color jitter (0.4, 0.4, 0.4, 0.4) on every picture, flip ½; ImageNet normalization. The flip stands
// beside the crop here, which gives the same views: it commutes with what acts on colors.
func MoCoV1() Policy {
	return Policy{Name: "moco-v1", Transforms: []Transform{
		RandomResizedCrop{Scale: [2]float64{0.2, 1}, Ratio: inceptionRatio},
		HorizontalFlip{P: 0.5},
		Grayscale{P: 0.2},
		ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.4, P: 1},
	}, Mean: imageNetMean(), Std: imageNetStd()}
}

// MoCoV2 is the policy of Chen et al., "Improved Baselines with Momentum Contrastive Learning" (2020),
// section 2: crop of 0.2 … 1, color jitter (0.4, 0.4, 0.4, 0.1) with probability 0.8, gray 0.2, blur 0.5,
// flip ½; ImageNet normalization.
func MoCoV2() Policy {
	return Policy{Name: "moco-v2", Transforms: []Transform{
		RandomResizedCrop{Scale: [2]float64{0.2, 1}, Ratio: inceptionRatio},
		HorizontalFlip{P: 0.5},
		ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.1, P: 0.8},
		Grayscale{P: 0.2},
		blur(0.5),
	}, Mean: imageNetMean(), Std: imageNetStd()}
}

// BYOL is the pair of policies of Grill et al., "Bootstrap Your Own Latent" (2020), appendix B, table 6:
// crop of 0.08 … 1, flip ½, color jitter (0.4, 0.4, 0.2, 0.1) with probability 0.8, gray 0.2; the first
// view is always blurred and never solarized, the second blurred with 0.1 and solarized with 0.2. ImageNet
// normalization.
func BYOL() (first, second Policy) { return asymmetric("byol", inceptionScale) }

// BarlowTwins is the pair of policies of Zbontar et al., "Barlow Twins" (2021), section 2.2, which are
// those of [BYOL].
func BarlowTwins() (first, second Policy) { return asymmetric("barlow-twins", inceptionScale) }

// DINO is the set of policies of Caron et al., "Emerging Properties in Self-Supervised Vision
// Transformers" (2021), section 3.2 and the released defaults: two global views with crops of 0.4 … 1 (the
// paper's text says above 0.5) and the colors of [BYOL], and local views, smaller in pixels too (96 against
// 224), with crops of 0.05 … 0.4 and blur 0.5.
func DINO() (global1, global2, local Policy) {
	global1, global2 = asymmetric("dino-global", [2]float64{0.4, 1})
	local, _ = asymmetric("dino-local", [2]float64{0.05, 0.4})
	local.Name = "dino-local"
	local.Transforms[len(local.Transforms)-1] = blur(0.5)
	return global1, global2, local
}

// asymmetric is the pair of policies of BYOL for a range of crops.
func asymmetric(name string, scale [2]float64) (first, second Policy) {
	common := func() []Transform {
		return []Transform{
			RandomResizedCrop{Scale: scale, Ratio: inceptionRatio},
			HorizontalFlip{P: 0.5},
			ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.2, Hue: 0.1, P: 0.8},
			Grayscale{P: 0.2},
		}
	}
	first = Policy{Name: name + "-1", Mean: imageNetMean(), Std: imageNetStd(), Transforms: append(common(), blur(1))}
	second = Policy{Name: name + "-2", Mean: imageNetMean(), Std: imageNetStd(), Transforms: append(common(), blur(0.1), Solarize{Threshold: 0.5, P: 0.2})}
	return first, second
}

// Emoji is this lab's policy for small drawings with alpha: rotation within ±0.2 radians, crop of 0.25 … 1 of
// the area at ratio 3/4 … 4/3, flip ½, a random background on 40 % and white on the others, color jitter (0.8, 0.8, 0.8,
// 0.2) with probability 0.8, gray with probability 0.2. The crops and colors were chosen on emoji held out of the
// training set, not on the test emoji: milder ones (0.7 … 1; 0.4) train to a lower loss and know less of the group
// afterwards, since colors alone tell most emoji apart.
func Emoji() Policy { return drawing("emoji", 0.25, 0.8) }

// EmojiMild is [Emoji] with gentler crops (0.6 … 1) and colors (0.4, 0.4, 0.4, 0.1). It suits positives that differ by
// themselves, such as two artists' drawings of one emoji: there is less for the views to add.
func EmojiMild() Policy { return drawing("emoji-mild", 0.6, 0.4) }

// drawing is a policy for drawings that crops to at least a share of the area and jitters colors by strength, hues by a
// quarter of it.
func drawing(name string, area, strength float64) Policy {
	return Policy{Name: name, Transforms: []Transform{
		Rotation{Max: 0.2},
		RandomResizedCrop{Scale: [2]float64{area, 1}, Ratio: inceptionRatio},
		HorizontalFlip{P: 0.5},
		RandomBackground{P: 0.4},
		ColorJitter{Brightness: strength, Contrast: strength, Saturation: strength, Hue: strength / 4, P: 0.8},
		Grayscale{P: 0.2},
	}}
}

// Policies returns the symmetric policies of this package, which make all views of a picture alike.
func Policies() []Policy {
	return []Policy{None(), Emoji(), EmojiMild(), SimCLR(), SimCLRCIFAR(), MoCoV1(), MoCoV2()}
}

// Named returns the policy of [Policies] with this name; the error lists the names.
func Named(name string) (Policy, error) {
	all := Policies()
	if i := slices.IndexFunc(all, func(p Policy) bool { return p.Name == name }); i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return Policy{}, fmt.Errorf("augment: no policy %q; there are %s", name, strings.Join(names, ", "))
}
