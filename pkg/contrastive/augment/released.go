package augment

// CIFAR-10's mean and standard deviation per channel, as its recipes have them: the deviation is that within a
// picture, averaged over pictures.
func cifarMean() []float64 { return []float64{0.4914, 0.4822, 0.4465} }
func cifarStd() []float64  { return []float64{0.2023, 0.1994, 0.2010} }

// MoCoCIFAR is the policy of the MoCo authors' CIFAR-10 demo: that of [SimCLRCIFAR], normalized by CIFAR-10's
// statistics.
func MoCoCIFAR() Policy {
	p := SimCLRCIFAR()
	p.Name, p.Mean, p.Std = "moco-cifar", cifarMean(), cifarStd()
	return p
}

// SupConCIFAR is the policy of the released code of Khosla et al., "Supervised Contrastive Learning" (2020), for
// CIFAR-10: as [MoCoCIFAR], but with crops of 0.2 … 1.
func SupConCIFAR() Policy {
	p := MoCoCIFAR()
	p.Name, p.Transforms[0] = "supcon-cifar", RandomResizedCrop{Scale: [2]float64{0.2, 1}, Ratio: inceptionRatio}
	return p
}

// SimCLRSTL is [SimCLR] without blur, as a widely used PyTorch implementation (Spijkervet/SimCLR) trains on STL-10.
func SimCLRSTL() Policy {
	p := SimCLR()
	p.Name, p.Transforms = "simclr-stl", p.Transforms[:len(p.Transforms)-1]
	return p
}

// Released returns the symmetric policies of released code that differ from their papers', which [Policies] has.
func Released() []Policy { return []Policy{MoCoCIFAR(), SupConCIFAR(), SimCLRSTL()} }
