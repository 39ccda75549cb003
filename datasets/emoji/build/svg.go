package main

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// svgRenderer runs resvg, compiled to WebAssembly by its authors, inside wazero. WebAssembly fixes floating
// point to the bit, so every machine draws the same pixels, which no native renderer promises.
//
// The module was made with wasm-bindgen for JavaScript: it holds JavaScript values by number and calls out to
// create and read them. Of that interface only what rendering a string to pixels uses is provided here.
type svgRenderer struct {
	ctx    context.Context
	mod    api.Module
	values []any // JavaScript values held by the module, by number
	failed error // what the module threw
}

// wholeMemory stands for the module's memory and its buffer.
type wholeMemory struct{}

// The module asks for true, false, null and undefined by fixed numbers below this one.
const firstValue = 132

func newSVGRenderer(ctx context.Context, wasm []byte) (*svgRenderer, error) {
	r := &svgRenderer{ctx: ctx, values: make([]any, firstValue)}
	runtime := wazero.NewRuntime(ctx)
	host := runtime.NewHostModuleBuilder("wbg")
	export := func(name string, f any) { host.NewFunctionBuilder().WithFunc(f).Export(name) }

	export("__wbindgen_memory", func() uint32 { return r.hold(wholeMemory{}) })
	export("__wbg_buffer_12d079cc21e14bdb", func(uint32) uint32 { return r.hold(wholeMemory{}) })
	export("__wbg_newwithbyteoffsetandlength_aa4a17c33a06e5cb", func(_, at, n uint32) uint32 { return r.hold(r.bytes(at, n)) })
	export("__wbg_new_63b92bc8671ed464", func(v uint32) uint32 { return r.hold(r.values[v]) })
	export("__wbindgen_object_drop_ref", func(v uint32) { r.drop(v) })
	export("__wbg_instanceof_Uint8Array_2b3bbecd033d19f6", func(v uint32) uint32 {
		if _, ok := r.values[v].([]byte); ok {
			return 1
		}
		return 0
	})
	export("__wbindgen_string_get", func(ret, v uint32) {
		var at, n uint32
		if s, ok := r.values[v].(string); ok {
			at, n = r.send(s), uint32(len(s))
		}
		r.mod.Memory().WriteUint32Le(ret, at)
		r.mod.Memory().WriteUint32Le(ret+4, n)
	})
	str := func(at, n uint32) uint32 { return r.hold(string(r.bytes(at, n))) }
	export("__wbindgen_string_new", str)
	export("__wbg_new_28c511d9baebfa89", str) // new Error(text)
	export("__wbindgen_throw", func(at, n uint32) { panic(string(r.bytes(at, n))) })

	// Fonts and linked images: no emoji uses them, so a call is an error.
	unused := func(name string) { panic("unexpected call of " + name) }
	for _, name := range []string{"__wbg_values_839f3396d5aac002", "__wbg_next_196c84450b364254",
		"__wbg_value_d93c65011f51a456", "__wbg_done_298b57d23c0fc80c", "__wbg_length_c20a40f15020d68a"} {
		export(name, func(uint32) uint32 { unused(name); return 0 })
	}
	export("__wbg_new_16b304a2cfa7ff4a", func() uint32 { unused("new Array"); return 0 })
	export("__wbg_push_a5b05aedc7234f9f", func(_, _ uint32) uint32 { unused("push"); return 0 })
	export("__wbg_set_a47bac70306a19a7", func(_, _, _ uint32) { unused("set") })

	if _, err := host.Instantiate(ctx); err != nil {
		return nil, fmt.Errorf("resvg: %w", err)
	}
	mod, err := runtime.Instantiate(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("resvg: %w", err)
	}
	r.mod = mod
	return r, nil
}

// render draws an SVG at a width in pixels.
func (r *svgRenderer) render(svg []byte, width int) (pic premultiplied, err error) {
	defer func() {
		if err == nil {
			err = r.failed
		}
		r.failed = nil
	}()
	options := fmt.Sprintf(`{"fitTo":{"mode":"width","value":%d}}`, width)
	tree := r.call3("resvg_new", uint64(r.hold(string(svg))), uint64(r.send(options)), uint64(len(options)), 0)
	if r.failed != nil {
		return pic, r.failed
	}
	defer r.call("__wbg_resvg_free", uint64(tree))
	drawn := r.call3("resvg_render", uint64(tree))
	if r.failed != nil {
		return pic, r.failed
	}
	defer r.call("__wbg_renderedimage_free", uint64(drawn))
	w, h := int(r.call("renderedimage_width", uint64(drawn))), int(r.call("renderedimage_height", uint64(drawn)))
	v := uint32(r.call("renderedimage_pixels", uint64(drawn)))
	if r.failed != nil {
		return pic, r.failed
	}
	data, _ := r.values[v].([]byte)
	r.drop(v)
	if len(data) != w*h*4 || w != width {
		return pic, fmt.Errorf("resvg drew %d×%d and %d bytes, want a width of %d", w, h, len(data), width)
	}
	return squared(w, h, data), nil
}

// call3 calls a function that returns (value, error, failed) through a pointer, as wasm-bindgen's
// Result-returning functions do.
func (r *svgRenderer) call3(name string, args ...uint64) uint32 {
	ret := uint32(r.call("__wbindgen_add_to_stack_pointer", api.EncodeI32(-16)))
	defer r.call("__wbindgen_add_to_stack_pointer", 16)
	r.call(name, append([]uint64{uint64(ret)}, args...)...)
	out := r.bytes(ret, 12)
	if r.failed == nil && len(out) == 12 && binary.LittleEndian.Uint32(out[8:]) != 0 {
		v := binary.LittleEndian.Uint32(out[4:])
		r.failed = fmt.Errorf("resvg: %v", r.values[v])
		r.drop(v)
	}
	if r.failed != nil {
		return 0
	}
	return binary.LittleEndian.Uint32(out)
}

func (r *svgRenderer) call(name string, args ...uint64) uint64 {
	if r.failed != nil {
		return 0
	}
	out, err := r.mod.ExportedFunction(name).Call(r.ctx, args...)
	if err != nil {
		r.failed = fmt.Errorf("resvg: %s: %w", name, err)
		return 0
	}
	if len(out) == 0 {
		return 0
	}
	return out[0]
}

func (r *svgRenderer) hold(v any) uint32 {
	for i := firstValue; i < len(r.values); i++ {
		if r.values[i] == nil {
			r.values[i] = v
			return uint32(i)
		}
	}
	r.values = append(r.values, v)
	return uint32(len(r.values) - 1)
}

func (r *svgRenderer) drop(v uint32) {
	if v >= firstValue {
		r.values[v] = nil
	}
}

// send copies a string into the module's memory.
func (r *svgRenderer) send(s string) uint32 {
	at := uint32(r.call("__wbindgen_malloc", uint64(len(s)), 1))
	r.mod.Memory().WriteString(at, s)
	return at
}

// bytes is a copy of part of the module's memory.
func (r *svgRenderer) bytes(at, n uint32) []byte {
	b, _ := r.mod.Memory().Read(at, n)
	return append([]byte(nil), b...)
}
