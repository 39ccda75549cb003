// Package lang says things in the learner's language, English or Chinese.
//
// What you may touch here: how the language is chosen. The texts stand where they are said.
package lang

import (
	"fmt"
	"os"
	"strings"
)

// Env is the environment variable that names the language of messages: "en" or "zh". Without it the locale decides
// (LC_ALL, LC_MESSAGES, LANG); every other language gets English.
const Env = "LAB_LANG"

// Text is a text in both languages.
type Text struct{ En, Zh string }

// String is the text in the learner's language.
func (t Text) String() string {
	if Chinese() {
		return t.Zh
	}
	return t.En
}

// Sprintf formats the text in the learner's language; both languages take the same arguments in the same order.
func (t Text) Sprintf(args ...any) string { return fmt.Sprintf(t.String(), args...) }

// Chinese says whether the learner reads Chinese.
func Chinese() bool {
	for _, name := range []string{Env, "LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			return strings.HasPrefix(strings.ToLower(value), "zh")
		}
	}
	return false
}

// Folder is the folder of lessons in the learner's language.
func Folder() string { return Text{"en", "zh-CN"}.String() }

// Width is how many columns of a terminal the text takes: a Chinese character takes two.
func Width(s string) int {
	width := 0
	for _, r := range s {
		switch {
		case r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3, r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE4F,
			r >= 0xFF00 && r <= 0xFF60, r >= 0x20000 && r <= 0x3FFFD:
			width += 2
		default:
			width++
		}
	}
	return width
}

// Pad is s with spaces up to a width.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-Width(s))) }
