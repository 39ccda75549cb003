package compiled

// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "hook.h"
import "C"

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// hook is what the compiler's stand-in works with.
var hook struct {
	sync.RWMutex
	store Store
	place string
}

var loaded, compiled atomic.Int64

// Counts returns how many programs this process has loaded from a store, and how many it had to compile.
func Counts() (fromStore, fresh int) { return int(loaded.Load()), int(compiled.Load()) }

// Keep makes the plugin of a file, which must be loaded already, look into the store before it compiles, and keep
// there what it compiles. It is for XLA on the CPU.
func Keep(plugin string, store Store) error {
	place, err := placeOf(plugin)
	if err != nil {
		return err
	}
	if err := store.Open(); err != nil {
		return err
	}
	hook.Lock()
	defer hook.Unlock()
	name := C.CString(plugin)
	defer C.free(unsafe.Pointer(name))
	if why := C.contrastlab_keep(name); why != nil {
		return fmt.Errorf("plugin %s: %s", plugin, C.GoString(why))
	}
	hook.store, hook.place = store, place
	return nil
}

func current() (Store, string) {
	hook.RLock()
	defer hook.RUnlock()
	return hook.store, hook.place
}

//export contrastlabGet
func contrastlabGet(code *C.char, codeSize C.size_t, format *C.char, formatSize C.size_t, options *C.char, optionsSize C.size_t,
	key *C.uchar, size *C.size_t) *C.char {
	store, place := current()
	k := keyOf(place, view(format, formatSize), view(options, optionsSize), view(code, codeSize))
	copy(keyAt(key)[:], k[:])
	program, found := store.Get(k)
	if !found {
		return nil
	}
	loaded.Add(1)
	*size = C.size_t(len(program))
	return (*C.char)(C.CBytes(program))
}

//export contrastlabPut
func contrastlabPut(key *C.uchar, program *C.char, size C.size_t, seconds C.double) {
	compiled.Add(1)
	store, _ := current()
	if time.Duration(float64(seconds)*float64(time.Second)) >= store.AtLeast {
		_ = store.Put(*keyAt(key), view(program, size)) // a full disk costs time, nothing else
	}
}

//export contrastlabDrop
func contrastlabDrop(key *C.uchar) {
	loaded.Add(-1)
	store, _ := current()
	store.Drop(*keyAt(key))
}

// view is C's memory as bytes, for as long as the call lasts.
func view(p *C.char, size C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(size))
}

func keyAt(key *C.uchar) *Key { return (*Key)(unsafe.Pointer(key)) }
