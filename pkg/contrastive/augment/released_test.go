package augment

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReleased(t *testing.T) {
	jitter := ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.1, P: 0.8}
	cifar := func(smallest float64) []Transform {
		return []Transform{RandomResizedCrop{Scale: [2]float64{smallest, 1}, Ratio: inceptionRatio}, HorizontalFlip{P: 0.5}, jitter, Grayscale{P: 0.2}}
	}
	require.Equal(t, cifar(0.08), MoCoCIFAR().Transforms)
	require.Equal(t, cifar(0.2), SupConCIFAR().Transforms)
	require.NotContains(t, SimCLRSTL().Transforms, blur(0.5))
	require.Contains(t, SimCLR().Transforms, blur(0.5), "what another was made of stays")
	for _, p := range Released() {
		require.NoError(t, p.Validate())
		require.NoError(t, p.Fits(4))
		_, err := Named(p.Name)
		require.Error(t, err, "a name stands for one policy")
	}
	require.ErrorContains(t, MoCoCIFAR().Fits(1), "set Mean and Std to 1 value each")
}
