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
	store   Store
	place   string
	compile map[Key]chan struct{} // what is being compiled now; closed when it is done
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

// begin waits while another goroutine compiles the same program (two seeds trained side by side), or says that the
// caller is to compile it, and to end with done.
func begin(key Key) (mine bool) {
	hook.Lock()
	busy, found := hook.compile[key]
	if !found {
		if hook.compile == nil {
			hook.compile = map[Key]chan struct{}{}
		}
		hook.compile[key] = make(chan struct{})
	}
	hook.Unlock()
	if found {
		<-busy
	}
	return !found
}

func done(key Key) {
	hook.Lock()
	defer hook.Unlock()
	close(hook.compile[key])
	delete(hook.compile, key)
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
	for !found && !begin(k) { // what was too quick to be kept is compiled by each
		program, found = store.Get(k)
	}
	if !found {
		return nil
	}
	loaded.Add(1)
	*size = C.size_t(len(program))
	return (*C.char)(C.CBytes(program))
}

//export contrastlabRefused
func contrastlabRefused(key *C.uchar) {
	loaded.Add(-1)
	store, _ := current()
	store.Drop(*keyAt(key))
	for !begin(*keyAt(key)) {
	}
}

//export contrastlabPut
func contrastlabPut(key *C.uchar, program *C.char, size C.size_t) {
	store, _ := current()
	_ = store.Put(*keyAt(key), view(program, size)) // a full disk costs time, nothing else
}

//export contrastlabDone
func contrastlabDone(key *C.uchar) {
	compiled.Add(1)
	done(*keyAt(key))
}

//export contrastlabWorthKeeping
func contrastlabWorthKeeping(seconds C.double) C.int {
	store, _ := current()
	if time.Duration(float64(seconds)*float64(time.Second)) >= store.AtLeast {
		return 1
	}
	return 0
}

// view is C's memory as bytes, for as long as the call lasts.
func view(p *C.char, size C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(size))
}

func keyAt(key *C.uchar) *Key { return (*Key)(unsafe.Pointer(key)) }
