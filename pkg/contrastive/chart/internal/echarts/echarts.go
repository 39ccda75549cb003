// Package echarts carries the ECharts library: for pages, and running in a pure Go JavaScript engine to draw static
// SVG. Only package chart uses it.
package echarts

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the library and the runtime
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// Version is the version of the embedded ECharts.
const Version = "6.1.0"

//go:embed echarts.min.js.gz
var packed []byte

//go:embed runtime.js
var runtime string

// Script is JavaScript that loads ECharts and the runtime into a page once, however often it is run. The library
// inside is gzipped and in base64, so the script holds nothing that could end a script element.
func Script() string {
	var b strings.Builder
	// An AMD loader (classic notebooks, nbconvert pages) would catch the library: it is run as a CommonJS module.
	b.WriteString(`(function(){if(window.contrastlabECharts||window.contrastlabLoading)return;window.contrastlabLoading=true;` +
		`var raw=atob("`)
	b.WriteString(base64.StdEncoding.EncodeToString(packed))
	b.WriteString(`"),bytes=new Uint8Array(raw.length);for(var i=0;i<raw.length;i++)bytes[i]=raw.charCodeAt(i);` +
		`new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text().then(function(code){` +
		`var module={exports:{}};new Function("exports","module","define",code).call(window,module.exports,module,undefined);` +
		`window.contrastlabECharts=module.exports;` + "\n")
	b.WriteString(runtime)
	b.WriteString(`}).catch(function(e){window.contrastlabLoading=false;console.error("contrastlab: charts stay static",e);});})();`)
	return b.String()
}

var engine struct {
	sync.Mutex
	vm   *goja.Runtime
	draw goja.Callable
}

// host is what ECharts misses outside a browser, and the function that draws one chart.
const host = `
var setTimeout = function () { return 0; }, clearTimeout = function () {};
var setInterval = setTimeout, clearInterval = clearTimeout;
var console = { log: function () {}, info: function () {}, warn: function () {}, error: function (m) { throw new Error(m); } };
var module = { exports: {} }, exports = module.exports;
`

const drawer = `
module.exports.setPlatformAPI({ measureText: function (text, font) { return { width: measure(String(text), String(font || "")) }; } });
(function (json, width, height) {
  var chart = JSON.parse(json);
  var plot = module.exports.init(null, null, { renderer: "svg", ssr: true, width: width, height: height });
  try {
    plot.setOption(contrastlabCharts.fit(chart, contrastlabCharts.prepare(chart, true), width));
    return plot.renderToSVGString();
  } finally { plot.dispose(); }
})`

// start compiles and runs the library (some 0.3 s); the caller holds the lock.
func start() error {
	if engine.vm != nil {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("chart: embedded ECharts: %w", err)
	}
	source, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("chart: embedded ECharts: %w", err)
	}
	vm := goja.New()
	if err := vm.Set("measure", measure); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	for _, part := range []struct{ name, code string }{{"host", host}, {"echarts.min.js", string(source)}, {"runtime.js", runtime}} {
		if _, err := vm.RunScript(part.name, part.code); err != nil {
			return fmt.Errorf("chart: %s does not run: %w", part.name, err)
		}
	}
	v, err := vm.RunScript("draw", drawer)
	if err != nil {
		return fmt.Errorf("chart: drawing function does not run: %w", err)
	}
	draw, ok := goja.AssertFunction(v)
	if !ok {
		return fmt.Errorf("chart: drawing function is a %T", v.Export())
	}
	engine.vm, engine.draw = vm, draw
	return nil
}

// measure gives ECharts the widths of the font that the static picture uses. font is CSS: "bold 16px sans-serif".
func measure(text, font string) float64 {
	size := 12.0
	for f := range strings.FieldsSeq(font) {
		if px, ok := strings.CutSuffix(f, "px"); ok {
			if v, err := strconv.ParseFloat(px, 64); err == nil {
				size = v
			}
		}
	}
	return raster.MeasureText(text, size, strings.Contains(font, "bold"))
}

// SVG draws a chart, as package chart writes it for the runtime, without a browser.
func SVG(chart any, width, height int) (string, error) {
	data, err := json.Marshal(chart)
	if err != nil {
		return "", fmt.Errorf("chart: option is not JSON: %w", err)
	}
	engine.Lock()
	defer engine.Unlock()
	if err := start(); err != nil {
		return "", err
	}
	v, err := engine.draw(goja.Undefined(), engine.vm.ToValue(string(data)), engine.vm.ToValue(width), engine.vm.ToValue(height))
	if err != nil {
		return "", fmt.Errorf("chart: ECharts refuses the option: %w", err)
	}
	return v.String(), nil
}
