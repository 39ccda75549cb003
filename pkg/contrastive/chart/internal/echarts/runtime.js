// Draws the charts of package chart with ECharts: in a page (mount) and for the static picture (prepare).
// Charts hand themselves over through the array window.contrastlabQueue, whether this script has run or not.
(function (root) {
  "use strict";
  if (root.contrastlabCharts) return;

  function fixed(v, digits) {
    return typeof v === "number" && isFinite(v) ? v.toFixed(digits) : "–";
  }
  function escape(s) {
    return String(s).replace(/[&<>"']/g, function (c) { return "&#" + c.charCodeAt(0) + ";"; });
  }

  function fontOf(chart) { return chart.option.textStyle && chart.option.textStyle.fontFamily; }

  // What an option cannot say in JSON, it names as "lab:…".
  var named = {
    // Classes along a sorted matrix. Data: [first, last + 1, name].
    "lab:bands": function (chart) {
      return function (params, api) {
        var first = api.value(0), end = api.value(1), name = chart.bands[params.dataIndex];
        var a = api.coord([first, first]), b = api.coord([end - 1, end - 1]), cell = api.size([1, 1]);
        var x0 = a[0] - cell[0] / 2, y0 = a[1] - cell[1] / 2;
        var x1 = b[0] + cell[0] / 2, y1 = b[1] + cell[1] / 2;
        var grid = params.coordSys, shade = params.dataIndex % 2 ? "#5c6670" : "#aab4bd";
        var line = { stroke: "rgba(40,40,40,0.55)", lineWidth: 1, fill: "none" };
        var out = [
          { type: "rect", shape: { x: grid.x - 8, y: y0, width: 6, height: y1 - y0 }, style: { fill: shade } },
          { type: "rect", shape: { x: x0, y: grid.y + grid.height + 2, width: x1 - x0, height: 6 }, style: { fill: shade } },
          { type: "rect", shape: { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }, style: { stroke: "#222", lineWidth: 1.2, fill: "none" } }
        ];
        if (params.dataIndex > 0) {
          out.push({ type: "line", shape: { x1: grid.x, y1: y0, x2: grid.x + grid.width, y2: y0 }, style: line });
          out.push({ type: "line", shape: { x1: x0, y1: grid.y, x2: x0, y2: grid.y + grid.height }, style: line });
        }
        if (y1 - y0 >= 11) {
          out.push({ type: "text", style: { x: grid.x - 13, y: (y0 + y1) / 2, text: name, fontFamily: fontOf(chart), align: "right", verticalAlign: "middle",
            fill: "#222", fontSize: 12, width: grid.x - 18, overflow: "truncate" } });
        }
        return { type: "group", silent: true, children: out };
      };
    },
    // Whiskers and numbers over grouped bars. Data: [group, value, low, high], one custom series for each bar series.
    "lab:whiskers": function (chart) {
      return function (params, api) {
        var s = chart.whiskers[params.seriesName] || { index: 0, count: 1 };
        var bar = api.barLayout({ count: s.count, barGap: "8%", barCategoryGap: "28%" })[s.index];
        var value = api.value(1), low = api.value(2), high = api.value(3);
        if (!isFinite(value)) return null;
        var x = api.coord([api.value(0), value])[0] + bar.offsetCenter;
        var top = api.coord([api.value(0), isFinite(high) ? high : value])[1];
        var out = [];
        if (isFinite(low) && isFinite(high) && high > low) {
          var y0 = api.coord([api.value(0), low])[1], w = Math.min(5, bar.width / 3), style = { stroke: "#222", lineWidth: 1.4, fill: "none" };
          out.push({ type: "line", shape: { x1: x, y1: y0, x2: x, y2: top }, style: style });
          out.push({ type: "line", shape: { x1: x - w, y1: y0, x2: x + w, y2: y0 }, style: style });
          out.push({ type: "line", shape: { x1: x - w, y1: top, x2: x + w, y2: top }, style: style });
        }
        if (bar.width >= 26) {
          out.push({ type: "text", style: { x: x, y: top - 4, text: fixed(value, 3), fontFamily: fontOf(chart), align: "center", verticalAlign: "bottom", fill: "#222", fontSize: bar.width >= 32 ? 11 : 10 } });
        }
        return { type: "group", silent: true, children: out };
      };
    },
    "lab:cell": function (chart) {
      return function (p) {
        var row = p.value[1], col = p.value[0], who = function (i) {
          var name = chart.labels && chart.labels[i];
          return "#" + i + (name ? " " + escape(name) : "");
        };
        return escape(chart.measure || "value") + " <b>" + fixed(p.value[2], 2) + "</b><br>row " + who(row) + "<br>column " + who(col);
      };
    },
    "lab:point": function () {
      return function (p) {
        var name = p.data && p.data.name;
        return escape(p.seriesName) + (name ? ": <b>" + escape(name) + "</b>" : "") + "<br>" + fixed(p.value[0], 3) + ", " + fixed(p.value[1], 3);
      };
    },
    "lab:number": function () {
      return function (v) { return Array.isArray(v) ? v.map(function (x) { return fixed(x, 3); }).join(", ") : (typeof v === "number" ? String(+v.toPrecision(4)) : v); };
    },
    "lab:percent": function () {
      return function (v) { return typeof v === "number" ? +(v * 100).toPrecision(3) + " %" : v; };
    },
    // The labels of a logarithmic axis.
    "lab:magnitude": function () {
      return function (v) { return (v < 1e-3 || v >= 1e6 ? v.toExponential(0).replace("e+", "e") : String(+v.toPrecision(6))).replace("-", "−"); };
    },
    // A band about a line, drawn once for all of its points. Data: [x, low, high].
    "lab:band": function () {
      return function (params, api) {
        if (params.dataIndexInside !== 0) return null;
        var high = [], low = [], n = params.dataInsideLength, color = api.visual("color");
        for (var i = 0; i < n; i++) {
          high.push(api.coord([api.value(0, i), api.value(2, i)]));
          low.unshift(api.coord([api.value(0, i), api.value(1, i)]));
        }
        if (n === 1) {
          return { type: "line", silent: true, shape: { x1: low[0][0], y1: low[0][1], x2: high[0][0], y2: high[0][1] }, style: { stroke: color, lineWidth: 1.5, fill: "none" } };
        }
        return { type: "polygon", silent: true, shape: { points: high.concat(low) }, style: { fill: color, opacity: 0.18 } };
      };
    },
    // Where a point came from: a line with dots, and an arrow to the point. Data: [x, y], the point last.
    "lab:path": function () {
      return function (params, api) {
        var n = params.dataInsideLength, color = api.visual("color"), points = [], out = [];
        if (params.dataIndexInside !== 0 || n < 2) return null;
        for (var i = 0; i < n; i++) points.push(api.coord([api.value(0, i), api.value(1, i)]));
        var end = points[n - 1], k = n - 2, far = function (p) { return Math.hypot(p[0] - end[0], p[1] - end[1]); };
        while (k > 0 && far(points[k]) < 14) k--; // the arrow points along what can be seen
        var d = far(points[k]) || 1, u = [(end[0] - points[k][0]) / d, (end[1] - points[k][1]) / d];
        var tip = [end[0] - 7 * u[0], end[1] - 7 * u[1]], back = [tip[0] - 10 * u[0], tip[1] - 10 * u[1]];
        out.push({ type: "polyline", shape: { points: points.slice(0, k + 1).concat([back]) }, style: { stroke: color, lineWidth: 1.8, fill: "none" } });
        out.push({ type: "polygon", shape: { points: [tip, [back[0] - 4.5 * u[1], back[1] + 4.5 * u[0]], [back[0] + 4.5 * u[1], back[1] - 4.5 * u[0]]] }, style: { fill: color } });
        for (i = 0; i <= k; i++) out.push({ type: "circle", shape: { cx: points[i][0], cy: points[i][1], r: i ? 2 : 3.5 }, style: i ? { fill: color } : { fill: "#fff", stroke: color, lineWidth: 1.5 } });
        return { type: "group", silent: true, children: out };
      };
    },
    // A picture of a map, or a dot where it would cover one before it. Data: [x, y, index, 1 for a dashed frame].
    "lab:thumb": function (chart) {
      return function (params, api) {
        var m = chart.map, i = api.value(2), p = api.coord([api.value(0), api.value(1)]), color = api.visual("color"), h = m.size / 2;
        if (!visible(m, api)[i]) {
          return api.value(3) ? { type: "rect", shape: { x: p[0] - 2.7, y: p[1] - 2.7, width: 5.4, height: 5.4 }, style: { fill: color } }
            : { type: "circle", shape: { cx: p[0], cy: p[1], r: 3 }, style: { fill: color } };
        }
        return { type: "group", z2: 2, children: [
          { type: "rect", z2: 2, shape: { x: p[0] - h - 0.75, y: p[1] - h - 0.75, width: m.size + 1.5, height: m.size + 1.5 },
            style: { fill: "#fff", stroke: color, lineWidth: 1.5, lineDash: api.value(3) ? [4, 3] : null } },
          { type: "image", z2: 3, style: { image: m.image, x: p[0] - h, y: p[1] - h, width: m.size, height: m.size,
            sx: i % m.columns * m.tile, sy: Math.floor(i / m.columns) * m.tile, sWidth: m.tile, sHeight: m.tile } }
        ] };
      };
    },
    // Whatever the point's name says, in lines.
    "lab:tip": function () {
      return function (p) { return escape(p.data && p.data.name || "").replace(/\n/g, "<br>"); };
    }
  };

  // Which pictures of a map find room at this zoom; map.go does the same for the static form.
  function visible(m, api) {
    var a = api.coord([0, 0]), b = api.coord([1, 1]), kx = b[0] - a[0], ky = b[1] - a[1], key = kx + " " + ky;
    if (m.key === key) return m.shown;
    m.key = key;
    var taken = [];
    m.shown = m.points.map(function (p) {
      var x = p[0] * kx, y = p[1] * ky;
      for (var i = 0; i < taken.length; i++) if (Math.abs(taken[i][0] - x) < m.gap && Math.abs(taken[i][1] - y) < m.gap) return false;
      taken.push([x, y]);
      return true;
    });
    return m.shown;
  }

  function resolve(value, chart) {
    if (Array.isArray(value)) {
      for (var i = 0; i < value.length; i++) {
        if (typeof value[i] !== "object" && typeof value[i] !== "string") break; // plain data
        value[i] = resolve(value[i], chart);
      }
      return value;
    }
    if (value && typeof value === "object") {
      for (var k in value) if (k !== "data" || !Array.isArray(value[k])) value[k] = resolve(value[k], chart);
      return value;
    }
    return typeof value === "string" && named[value] ? named[value](chart) : value;
  }

  // A matrix travels as one byte a cell, base64; of a symmetric one only the upper triangle.
  function cells(m) {
    var raw = root.atob(m.cells), n = m.rows, out = [], k = 0;
    for (var r = 0; r < n; r++) {
      for (var c = m.symmetric ? r : 0; c < m.columns; c++) {
        var byte = raw.charCodeAt(k++);
        if (byte === 255) continue;
        var v = m.min + (m.max - m.min) * byte / 254;
        out.push([c, r, v]);
        if (m.symmetric && c !== r) out.push([r, c, v]);
      }
    }
    return out;
  }

  // prepare makes the option ECharts wants. The static picture has its matrix painted in by Go.
  function prepare(chart, still) {
    var option = resolve(chart.option, chart);
    option.animation = false;
    if (chart.matrix && !still) option.series[0].data = cells(chart.matrix);
    if (still && chart.painted) option.series.forEach(function (s) { s.data = []; });
    if (still) { delete option.toolbox; delete option.dataZoom; delete option.tooltip; delete option.backgroundColor; }
    return option;
  }

  var waiting = [], timer = 0, lives = {};

  // The plot of a matrix is square. chart.square: pixels to its left, right, top and bottom at full width. What a narrow
  // page needs above the plot beyond that is chart.above, and below it chart.below; fit sets them.
  function margins(chart, width) {
    var s = chart.square, left = width < 560 ? Math.min(s[0], 116) : s[0], right = width < 560 ? 72 : s[1];
    return [left, right, s[2] + (chart.above || 0), s[3]];
  }

  function height(chart, width) {
    if (chart.tall) return chart.tall;
    if (!chart.square || width >= chart.width) return chart.height + (chart.above || 0) + (chart.below || 0);
    var m = margins(chart, width);
    return Math.max(140, width - m[0] - m[1]) + m[2] + m[3];
  }

  var ruler;
  function long(text, font) {
    ruler = ruler || root.document.createElement("canvas").getContext("2d");
    ruler.font = font;
    return ruler.measureText(text).width;
  }

  // pieces cuts a text where a line may end: after spaces, and between characters of scripts without. head.go does the same.
  function pieces(text) {
    var out = [], last = "";
    Array.from(String(text).trim().replace(/\s+/g, " ")).forEach(function (c) {
      var wide = c >= "\u2e80" || last >= "\u2e80", close = ";,.:!?%、。，；：！？…·)]}）」』】》〉”’»".indexOf(c) >= 0, open = last && "([{（「『【《〈“‘«".indexOf(last) >= 0;
      if (!out.length || last === " " || wide && c !== " " && !close && !open) out.push("");
      out[out.length - 1] += c;
      last = c;
    });
    return out;
  }

  // wrap breaks a text into lines of at most so many pixels.
  function wrap(text, font, width) {
    var lines = [], line = "";
    pieces(text).forEach(function (piece) {
      if (line && long((line + piece).trimEnd(), font) > width) { lines.push(line.trimEnd()); line = ""; }
      line += piece;
    });
    return line.trimEnd() ? lines.concat(line.trimEnd()) : lines;
  }

  // rows counts the lines of a legend that is not scrolled, in a chart of a width, and none where they would be too many.
  function rows(names, font, mark, gap, width) {
    var count = 1, x = 0;
    names.forEach(function (name) {
      var w = Math.min(mark + 5 + long(name, font), width - 36);
      if (x > 0 && x + w > width - 36) { count++; x = 0; }
      x += w + gap;
    });
    return count <= 16 ? count : 0;
  }

  // shorten cuts a text to a width.
  function shorten(text, font, width) {
    if (long(text, font) <= width) return text;
    var c = Array.from(text);
    while (c.length > 1 && long(c.join("") + "…", font) > width) c.pop();
    return c.join("") + "…";
  }

  // fit gives title, note, legend and the names of groups the lines that they need at a width, and moves the plot by those.
  // The static form, which has no document, comes with its lines.
  function fit(chart, option, width) {
    var small = width < 560 && width < chart.width, measured = !!root.document, family = fontOf(chart) || "sans-serif", legend = option.legend, title = option.title, above = 0, below = 0;
    var was = chart.was = chart.was || { text: title && title.text, note: title && title.subtext, grid: option.grid && option.grid[0] && option.grid[0].top,
      bottom: option.grid && option.grid[0] && option.grid[0].bottom, legend: legend && legend.top,
      ranges: chart.map && [option.xAxis[0], option.yAxis[0]].map(function (a) { return [a.min, a.max]; }),
      scale: option.visualMap && option.visualMap.top, graphic: option.graphic && option.graphic[0].top, caption: option.graphic && option.graphic[0].style.text,
      names: legend && (legend.data || (option.series || []).map(function (s) { return s.name; })) };
    // The lines at full width, for which the option has room; charts of earlier versions do not say.
    var full = chart.lines || { title: 1, note: 1, legend: legend && was.grid > was.legend ? 1 + Math.round((was.grid - was.legend - 34) / (12 + (legend.itemGap || 10))) : 1 };
    if (title) {
      var room = width - (small ? 24 : 130), size = small ? 14 : 16;
      title.textStyle = title.textStyle || {};
      title.textStyle.fontSize = size;
      title.textStyle.width = room + 4;
      title.textStyle.overflow = "truncate"; // a word that is wider than a line
      if (title.subtextStyle) { title.subtextStyle.width = width - 20; title.subtextStyle.overflow = "truncate"; }
      if (measured && was.text) {
        var lines = wrap(was.text, "bold " + size + "px " + family, room);
        title.text = lines.join("\n");
        above += 20 * (lines.length - full.title);
      }
      if (measured && was.note) {
        lines = wrap(was.note, "12px " + family, width - 24);
        title.subtext = lines.join("\n");
        above += 16 * (lines.length - full.note);
      }
    }
    if (option.toolbox) option.toolbox.show = !small;
    if (measured && legend && legend.show && typeof was.legend === "number") {
      var mark = legend.itemWidth || 22, gap = legend.itemGap || 10;
      var names = was.names.map(function (n) { return n && n.name || n; }).filter(function (n, i, all) { return n && all.indexOf(n) === i; });
      var count = rows(names, "12px " + family, mark, gap, width);
      legend.top = was.legend + above;
      legend.type = count ? "plain" : "scroll";
      legend.formatter = function (name) { return shorten(name, "12px " + family, width - 41 - mark); };
      above += (12 + gap) * ((count || 1) - (full.legend || 1));
    }
    var axis = option.xAxis && option.xAxis[0], label = axis && axis.axisLabel;
    if (label && (was.breaks = was.breaks || axis.type === "category" && label.overflow === "break")) {
      var slot = Math.max(30, Math.floor((width - 120) / axis.data.length)), font = "11px " + family;
      label.width = slot;
      label.overflow = "break";
      label.rotate = 0;
      label.fontSize = measured ? 11 : 12;
      if (measured && axis.data.some(function (name) { return name.split(/\s+/).some(function (word) { return long(word, font) > slot; }); })) {
        label.rotate = 40; // rather than to break words
        label.width = 120;
        label.overflow = "truncate";
        below = Math.max(0, 0.64 * Math.min(120, Math.max.apply(null, axis.data.map(function (name) { return long(name, font); }))) - 12);
      } else if (measured) {
        below = 14 * (Math.max.apply(null, axis.data.map(function (name) { return wrap(name, font, slot).length; })) - 1);
      }
    }
    chart.above = above;
    chart.below = below;
    if (typeof was.grid === "number") option.grid[0].top = was.grid + above;
    if (below || typeof was.bottom === "number") option.grid[0].bottom = was.bottom + below;
    if (measured && chart.equal && option.grid) chart.tall = Math.round(option.grid[0].top + Math.max(140, width - option.grid[0].left - option.grid[0].right) + option.grid[0].bottom);
    if (measured && chart.map && option.graphic && option.grid) fitMap(chart, option, width, family);
    if (measured && chart.cells && option.visualMap && option.graphic && option.grid) fitCells(chart, option, width);
    if (chart.square && option.visualMap && option.grid) {
      var m = margins(chart, width), side = Math.max(140, Math.min(width, chart.width) - m[0] - m[1]);
      option.grid[0].left = m[0];
      option.grid[0].right = m[1];
      option.visualMap.itemHeight = Math.min(180, side - (small ? 110 : 60)); // its name stands above it, below the title
      option.visualMap.top = m[2] + side / 2 - option.visualMap.itemHeight / 2 - 28;
      option.graphic[0].top = option.visualMap.top - 22;
    }
    return option;
  }

  // fitMap keeps the scale of both axes of a map the same: a narrower plot is lower, below it the caption in its lines.
  function fitMap(chart, option, width, family) {
    var grid = option.grid[0], was = chart.was, beside = grid.left + grid.right, style = option.graphic[0].style;
    var lines = wrap(was.caption, "12px " + family, width - 24), bottom = chart.map.bottom + 16 * (lines.length - chart.map.lines);
    var plot = (chart.height - was.grid - chart.map.bottom) * Math.max(40, width - beside) / (chart.width - beside);
    style.text = lines.join("\n");
    style.width = width - 20;
    style.overflow = "none";
    grid.bottom = bottom;
    chart.tall = Math.round(grid.top + plot + bottom);
    // Pictures keep their size: the axes go on until the outermost, half of the frame's margin away, are whole.
    var side = width - beside, usual = chart.width - beside, more = Math.max(1, (1 - 2 * chart.map.size / usual) / (1 - 1.4 * chart.map.size / side),
      (1 - 2 * chart.map.size * side / usual / plot) / (1 - 1.4 * chart.map.size / plot));
    [option.xAxis[0], option.yAxis[0]].forEach(function (axis, i) {
      var range = was.ranges[i], middle = (range[0] + range[1]) / 2, half = (range[1] - range[0]) / 2 * more;
      axis.min = middle - half;
      axis.max = middle + half;
    });
  }

  // fitCells makes the cells of a table of colors narrower and its names shorter. Where a number stands in every cell, the
  // color scale gives up its place; where a cell has no room for one, the colors speak alone.
  function fitCells(chart, option, width) {
    var t = chart.cells, narrow = width < chart.width, grid = option.grid[0], x = option.xAxis[0], y = option.yAxis[0], was = chart.was, above = chart.above;
    var left = narrow ? Math.min(t.left, 112) : t.left, slot = t.width, cell = t.height, scale = true, text = t.text;
    if (narrow) {
      var wide = Math.min(t.width, (width - left - 12) / t.columns);
      scale = !text || wide < text * 10 / 12;
      slot = scale ? Math.min(t.width, (width - left - 96) / t.columns) : wide;
      if (scale) text = 0;
      cell = t.rows === t.columns && t.height === t.width ? slot : Math.min(t.height, Math.max(slot * t.height / t.width, text ? 16 * t.lines + 2 : 16));
    }
    var turned = t.names > slot - 4, bottom = turned ? t.names + 38 : 52, dense = Math.min(slot, cell) < 14;
    grid.left = left;
    grid.right = Math.max(0, width - left - slot * t.columns);
    grid.bottom = bottom;
    x.nameGap = bottom - 24;
    y.nameGap = left - 22;
    x.axisLabel.rotate = turned ? 90 : 0;
    x.axisLabel.hideOverlap = y.axisLabel.hideOverlap = dense;
    y.axisLabel.width = Math.min(130, left - 32);
    option.visualMap.show = scale;
    option.visualMap.top = was.scale + above;
    option.visualMap.itemHeight = Math.max(40, Math.min(150, cell * t.rows - 40));
    option.graphic[0].top = was.graphic + above;
    option.graphic[0].style.text = scale ? was.caption : "";
    if (t.text) {
      option.series[0].label.show = text > 0;
      option.series[0].label.fontSize = slot < text ? 10 : 12;
    }
    chart.tall = Math.round(grid.top + cell * t.rows + bottom);
  }

  function draw(chart, place) {
    var width = Math.min(place.clientWidth, chart.width);
    var picture = place.querySelector("img,pre");
    var kept = chart.live && lives[chart.live];
    try {
      var option = fit(chart, prepare(chart, false), width);
      var box = kept ? kept.box : root.document.createElement("div");
      box.style.cssText = "width:" + width + "px;height:" + height(chart, width) + "px";
      box.setAttribute("role", "img");
      place.appendChild(box);
      var plot = kept ? kept.plot : root.contrastlabECharts.init(box, null, { renderer: "canvas", width: width, height: height(chart, width) });
      if (kept) { delete option.dataZoom; plot.resize({ width: width, height: height(chart, width) }); }
      plot.setOption(option, { notMerge: !kept, replaceMerge: kept ? ["series"] : undefined });
      if (chart.live) lives[chart.live] = { box: box, plot: plot };
      if (picture) picture.style.display = "none";
      place.setAttribute("data-lab-chart", "live");
      if (root.ResizeObserver) {
        new root.ResizeObserver(function () {
          var w = Math.min(place.clientWidth, chart.width);
          if (w < 40 || w === width || !place.contains(box)) return;
          width = w;
          var parts = { title: option.title, toolbox: option.toolbox, legend: option.legend, xAxis: option.xAxis, yAxis: option.yAxis, grid: option.grid, visualMap: option.visualMap, graphic: option.graphic };
          if (chart.cells) parts.series = [{ type: option.series[0].type, label: option.series[0].label || {} }];
          var fitted = fit(chart, parts, w);
          box.style.width = w + "px";
          box.style.height = height(chart, w) + "px";
          plot.resize({ width: w, height: height(chart, w) });
          plot.setOption(fitted);
        }).observe(place);
      }
    } catch (e) {
      // The static picture stays; the reason goes to the console.
      if (box && box.parentNode === place) place.removeChild(box);
      if (picture) picture.style.display = "";
      place.setAttribute("data-lab-chart", "failed");
      if (root.console) root.console.error("contrastlab chart " + chart.id, e);
    }
  }

  function place(chart) {
    // Several places may have the id: a copy of a notebook in another tab, a second view of an output.
    var all = root.document.querySelectorAll('[id="' + chart.id + '"]'), done = all.length > 0;
    for (var i = 0; i < all.length; i++) {
      if (all[i].hasAttribute("data-lab-chart")) continue;
      if (all[i].clientWidth < 40) done = false; // in a hidden tab
      else draw(JSON.parse(JSON.stringify(chart)), all[i]);
    }
    return done; // false too while it is not in the page yet
  }

  function wait() {
    waiting = waiting.filter(function (c) { return !place(c); });
    if (!waiting.length) { root.clearInterval(timer); timer = 0; }
  }

  function mount(chart) {
    if (chart.packed) {
      unpack(chart.packed).then(function (text) { mount(JSON.parse(text)); });
      return;
    }
    if (place(chart)) return;
    waiting = waiting.filter(function (c) { return c.id !== chart.id; });
    waiting.push(chart);
    if (!timer) timer = root.setInterval(wait, 150);
  }

  function unpack(base64) {
    var raw = root.atob(base64), bytes = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  root.contrastlabCharts = { prepare: prepare, mount: mount, fit: fit, height: height };
  if (root.document) {
    var queue = root.contrastlabQueue || [];
    root.contrastlabQueue = { push: mount };
    for (var i = 0; i < queue.length; i++) mount(queue[i]);
  }
})(typeof window !== "undefined" ? window : this);
