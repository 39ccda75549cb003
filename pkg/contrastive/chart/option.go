package chart

import (
	"encoding/json"
	"fmt"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// axes describes the frame of a chart with two axes.
type axes struct {
	x, y         opts.XAxis // y is converted; the two types differ in little
	legend       []string   // the names it shows, none for no legend
	tooltip      opts.Tooltip
	zoom         bool
	left, bottom int // room beside the plot in pixels, 0 for the usual
}

// The usual frame, in CSS pixels.
const (
	frameWidth, frameHeight = 760, 400
	frameLeft, frameRight   = 72, 28
	frameBottom             = 56
)

// rect builds the chart through go-echarts and keeps the resulting option.
func (c *Chart) rect(a axes, series ...charts.SingleSeries) *Chart {
	mark := 14
	if series[0].Type == "line" { // a line shows in its legend how it is drawn, other marks only their color and shape
		mark = 22
	}
	a.legend = distinct(a.legend)
	if !c.reserved {
		c.reserve(a.legend, mark)
	}
	base := charts.NewLine() // any chart with two axes: the series carry their own types
	for _, ax := range []*opts.XAxis{&a.x, &a.y} {
		ax.NameLocation = "middle"
		if ax.SplitLine == nil {
			ax.SplitLine = &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: gridInk}}
		}
		if ax.AxisLabel == nil {
			ax.AxisLabel = &opts.AxisLabel{}
		}
		// go-echarts writes these two as null when unset, which ECharts reads as false.
		ax.AxisLabel.ShowMinLabel, ax.AxisLabel.ShowMaxLabel = opts.Bool(true), opts.Bool(true)
		ax.AxisLabel.HideOverlap = opts.Bool(true)
		ax.AxisLabel.Color = ink
		ax.AxisLabel.FontSize = 12
	}
	if a.left == 0 {
		a.left = frameLeft
	}
	if a.bottom == 0 {
		a.bottom = frameBottom
	}
	a.x.NameGap, a.y.NameGap = a.bottom-24, a.left-22
	y := opts.YAxis{Name: a.y.Name, Type: a.y.Type, NameLocation: a.y.NameLocation, NameGap: a.y.NameGap, Min: a.y.Min, Max: a.y.Max,
		Scale: a.y.Scale, SplitLine: a.y.SplitLine, AxisLabel: a.y.AxisLabel, Data: a.y.Data, Inverse: a.y.Inverse, MinInterval: a.y.MinInterval}
	legend := opts.Legend{Show: opts.Bool(len(a.legend) > 0), Type: map[bool]string{false: "plain", true: "scroll"}[c.scroll], Left: "12", Right: "12",
		ItemWidth: mark, ItemHeight: 11, TextStyle: &opts.TextStyle{Color: ink, FontSize: legendSize}}
	feature := &opts.ToolBoxFeature{
		SaveAsImage: &opts.ToolBoxFeatureSaveAsImage{Show: opts.Bool(true), Type: "png", Name: slug(c.Title), Title: "save"},
		Restore:     &opts.ToolBoxFeatureRestore{Show: opts.Bool(true), Title: "reset"},
	}
	if a.zoom {
		feature.DataZoom = &opts.ToolBoxFeatureDataZoom{Show: opts.Bool(true), YAxisIndex: "none", Title: map[string]string{"zoom": "zoom", "back": "zoom back"}, Icon: map[string]string{}}
	}
	if a.tooltip.Trigger == "" {
		a.tooltip.Trigger = "axis"
	}
	a.tooltip.Show = opts.Bool(true)
	base.SetGlobalOptions(
		charts.WithXAxisOpts(a.x), charts.WithYAxisOpts(y), charts.WithLegendOpts(legend), charts.WithTooltipOpts(a.tooltip),
		charts.WithToolboxOpts(opts.Toolbox{Show: opts.Bool(true), Right: "8", Top: "2", Feature: feature}),
		charts.WithGridOpts(opts.Grid{Left: fmt.Sprint(a.left), Right: fmt.Sprint(frameRight), Top: fmt.Sprint(c.frameTop()), Bottom: fmt.Sprint(a.bottom)}),
		charts.WithColorsOpts(okabeIto), charts.WithAnimation(false),
	)
	base.SetXAxis(a.x.Data)
	base.MultiSeries = append(base.MultiSeries, series...)
	base.Validate()
	option, err := generic(base.JSON())
	if err != nil {
		return failed(c.Title, "%w", err)
	}
	option["textStyle"] = map[string]any{"fontFamily": family, "color": ink}
	option["backgroundColor"] = "#ffffff"
	for _, name := range []string{"xAxis", "yAxis"} {
		for _, ax := range option[name].([]any) {
			ax := ax.(map[string]any)
			ax["nameTextStyle"] = map[string]any{"fontSize": 13, "color": ink}
			ax["axisLine"] = map[string]any{"show": true, "onZero": false, "lineStyle": map[string]any{"color": "#6B7280"}}
		}
	}
	// Positions are numbers of pixels; go-echarts has them as strings.
	for _, g := range option["grid"].([]any) {
		g := g.(map[string]any)
		g["left"], g["right"], g["top"], g["bottom"] = a.left, frameRight, c.frameTop(), a.bottom
		g["outerBoundsMode"] = "none" // ECharts 6 would move the plot to make room for labels it has room for
	}
	option["legend"].(map[string]any)["top"], option["legend"].(map[string]any)["left"] = c.legendTop(), 12
	option["legend"].(map[string]any)["itemGap"] = legendGap
	if len(a.legend) > 0 {
		option["legend"].(map[string]any)["data"] = a.legend
	}
	option["toolbox"].(map[string]any)["iconStyle"] = map[string]any{"borderColor": faint}
	option["toolbox"].(map[string]any)["itemSize"] = 14
	option["toolbox"].(map[string]any)["top"] = -4
	if a.zoom {
		option["dataZoom"] = []any{map[string]any{"type": "inside", "xAxisIndex": 0, "filterMode": "none", "zoomOnMouseWheel": "ctrl"}}
	}
	option["tooltip"].(map[string]any)["confine"] = true
	c.option = option
	return c
}

// generic turns go-echarts' typed option into plain maps, and finds what JSON cannot hold.
func generic(option map[string]any) (map[string]any, error) {
	data, err := json.Marshal(option)
	if err != nil {
		return nil, fmt.Errorf("option is not JSON: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("option is not JSON: %w", err)
	}
	return out, nil
}

// named is a function of runtime.js where go-echarts expects JavaScript.
func named(f string) types.FuncStr { return types.FuncStr("lab:" + f) }
