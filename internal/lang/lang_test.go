package lang

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoice(t *testing.T) {
	text := Text{"one %d", "一 %d"}
	for _, c := range []struct {
		lab, all, lang string
		chinese        bool
	}{
		{"", "", "", false},
		{"zh", "", "", true},
		{"zh-CN", "", "en_US.UTF-8", true},
		{"en", "zh_CN.UTF-8", "zh_CN.UTF-8", false},
		{"", "", "zh_CN.UTF-8", true},
		{"", "C", "zh_CN.UTF-8", false},
		{"fr", "", "zh_CN.UTF-8", false},
	} {
		t.Setenv(Env, c.lab)
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_MESSAGES", "")
		t.Setenv("LANG", c.lang)
		require.Equal(t, c.chinese, Chinese(), "%+v", c)
		want := "one 1"
		if c.chinese {
			want = "一 1"
		}
		require.Equal(t, want, text.Sprintf(1))
	}
}

func TestWidth(t *testing.T) {
	require.Equal(t, 4, Width("loss"))
	require.Equal(t, 4, Width("损失"))
	require.Equal(t, 6, Width("损失，"))
	require.Equal(t, 3, Width("✓ τ"))
	require.Equal(t, "损失  ", Pad("损失", 6))
	require.Equal(t, "losses", Pad("losses", 4))
}
