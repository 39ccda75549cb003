package compiled

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// keyOf names a program by all that decides what the compiler makes of it.
func keyOf(place string, format, options, code []byte) Key {
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(place), format, options, anonymous(code)} {
		_ = binary.Write(hash, binary.LittleEndian, int64(len(part))) // a Hash never fails
		hash.Write(part)
	}
	return Key(hash.Sum(nil))
}

var uuid = regexp.MustCompile(`uuid_[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}`)

// anonymous numbers the random names that GoMLX gives to the variables of its metrics. Names mean nothing to the
// compiler; with these no program would be met twice.
func anonymous(code []byte) []byte {
	seen := map[string]int{}
	return uuid.ReplaceAllFunc(code, func(name []byte) []byte {
		n, known := seen[string(name)]
		if !known {
			n = len(seen)
			seen[string(name)] = n
		}
		return fmt.Appendf(nil, "uuid_%d", n)
	})
}

// placeOf describes the compiler and the machine that it compiles for: another plugin, another processor, another
// number of cores (XLA splits loops by it) or other flags make other programs.
func placeOf(plugin string) (string, error) {
	info, err := os.Stat(plugin)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		fmt.Sprintf("plugin of %d bytes, %d", info.Size(), info.ModTime().UnixNano()),
		runtime.GOOS, runtime.GOARCH, processor(), fmt.Sprint(runtime.NumCPU()), os.Getenv("XLA_FLAGS"),
	}, "\n"), nil
}
