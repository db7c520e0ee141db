// Draws the curves of the report with uPlot. Works by keyboard alone: each curve has a button, each chart a slider.
"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("curves-data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shownNumber = (value) => {
    if (value == null) return "-";
    const size = Math.abs(value);
    const short = Number(value.toPrecision(4));
    return size && (size < 0.001 || size >= 1e6) ? short.toExponential() : value.toFixed(size >= 100 ? 2 : 4);
  };
  const shownTick = (value) => value && Math.abs(value) < 0.001 ? value.toExponential() : String(value);
  const whole10 = [1, 2, 5].flatMap((first) => [...Array(9).keys()].map((power) => first * 10 ** power)).sort((a, b) => a - b);
  const drawn = [];

  document.querySelectorAll("figure.chart").forEach((figure) => {
    const data = charts[Number(figure.dataset.chart)];
    const place = figure.querySelector(".canvas");
    const slider = figure.querySelector("input");
    const at = figure.querySelector("label output");
    const switches = [...figure.querySelectorAll("[data-curve]")];
    const full = [data.x[0], data.x[data.x.length - 1]];
    if (full[0] === full[1]) { full[0] -= 0.5; full[1] += 0.5; }
    let zoomed = full, whole = false;
    const hint = document.createElement("div");
    hint.className = "tip";
    hint.hidden = true;

    const limits = (u, low, high) => {
      if (data.within && !whole && zoomed === full) return data.within;
      if (low == null) return [0, 1];
      if (data.log) return uPlot.rangeLog(low, high, 10, true);
      return low === high ? [low - 0.5, high + 0.5] : uPlot.rangeNum(low, high, 0.1, false);
    };
    const axis = (label) => ({
      label, labelSize: 22, font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
      stroke: () => style("--muted"), grid: { stroke: () => style("--line"), width: 1 },
      ticks: { stroke: () => style("--line"), width: 1 },
    });
    const values = { ...axis(""), labelSize: 0, size: 64 };
    values.values = (u, splits) => splits.map((value) => value == null ? "" : shownTick(Number(value.toPrecision(4))));
    const baseline = (u) => {
      if (data.baseline == null) return;
      const y = u.valToPos(data.baseline, "y", true), { left, top, width, height } = u.bbox;
      const inside = y >= top && y <= top + height;
      figure.querySelector(".dotted").hidden = !inside;
      if (!inside) return;
      u.ctx.save();
      u.ctx.strokeStyle = style("--muted");
      u.ctx.setLineDash([2, 4]);
      u.ctx.beginPath();
      u.ctx.moveTo(left, y);
      u.ctx.lineTo(left + width, y);
      u.ctx.stroke();
      u.ctx.restore();
    };
    const told = (index) => data.curves.map((curve, k) => [curve, k]).filter(([, k]) => u.series[k + 1].show)
      .map(([curve]) => `${curve.label} ${shownNumber(curve.y[index])}`);
    const read = (index) => {
      at.textContent = data.x[index];
      slider.setAttribute("aria-valuetext", [`${data.counted} ${data.x[index]}`, ...told(index)].join(", "));
      switches.forEach((button, k) => { button.querySelector("output").textContent = shownNumber(data.curves[k].y[index]); });
    };
    const point = (u) => {
      const index = u.cursor.idx, { left, top } = u.cursor;
      hint.hidden = index == null || left < 0;
      if (hint.hidden) return;
      slider.value = data.x[index];
      read(index);
      hint.replaceChildren(...[`${data.counted} ${data.x[index]}`, ...told(index)].map((line) => {
        const row = document.createElement("div");
        row.textContent = line;
        return row;
      }));
      const right = left > u.over.clientWidth / 2;
      hint.style.left = right ? "auto" : `${left + 12}px`;
      hint.style.right = right ? `${u.over.clientWidth - left + 12}px` : "auto";
      hint.style.top = `${Math.max(0, Math.min(top, u.over.clientHeight - 60))}px`;
    };

    const size = () => ({ width: Math.max(220, place.clientWidth), height: 240 });
    const series = data.curves.map((curve) => ({
      label: curve.label, show: curve.shown, stroke: () => style(`--colour-${curve.colour}`), width: 2,
      dash: curve.dashed ? [6, 4] : undefined, spanGaps: false, points: { size: 5, fill: () => style("--ground") },
    }));
    const options = {
      ...size(), legend: { show: false }, series: [{}, ...series], axes: [{ ...axis(data.counted), incrs: whole10 }, values],
      scales: { x: { time: false, range: () => zoomed }, y: { range: limits, distr: data.log ? 3 : 1 } },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      hooks: {
        setCursor: [point], draw: [baseline],
        setSelect: [(u) => {
          const { left, width } = u.select;
          if (width < 4) return;
          zoom([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
          u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        }],
      },
    };
    const u = new uPlot(options, [data.x, ...data.curves.map((curve) => curve.y)], place);
    u.over.append(hint);
    const zoom = (range) => {
      const low = Math.max(full[0], range[0]), high = Math.min(full[1], range[1]);
      zoomed = low <= full[0] && high >= full[1] ? full : [low, high];
      u.setData(u.data, true);
    };
    const scaled = (factor) => {
      const middle = Math.min(Math.max(Number(slider.value), zoomed[0]), zoomed[1]);
      const half = Math.max(0.5, (zoomed[1] - zoomed[0]) * factor / 2);
      zoom([middle - half, middle + half]);
    };
    figure.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
      whole = button.dataset.zoom === "all";
      if (button.dataset.zoom === "in") scaled(0.5);
      else if (button.dataset.zoom === "out") scaled(2);
      else zoom(full);
    }));
    switches.forEach((button, k) => button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      u.setSeries(k + 1, { show: shown });
    }));
    slider.addEventListener("input", () => {
      const wanted = Number(slider.value);
      let index = data.x.findIndex((x) => x >= wanted);
      if (index < 0) index = data.x.length - 1;
      u.setCursor({ left: u.valToPos(data.x[index], "x"), top: 10 });
      read(index);
    });
    slider.addEventListener("blur", () => { hint.hidden = true; });
    new ResizeObserver(() => u.setSize(size())).observe(place);
    read(data.x.length - 1);
    drawn.push({ u, fit: () => u.setSize(size()) });
  });

  const redraw = () => drawn.forEach(({ u }) => u.redraw(false));
  dark.addEventListener("change", redraw);
  addEventListener("beforeprint", () => { document.documentElement.classList.add("print"); redraw(); });
  addEventListener("afterprint", () => { document.documentElement.classList.remove("print"); redraw(); });
})();
