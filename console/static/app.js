// What pages do beside htmx: charts drawn from the tables that they stand beside, and small habits.
// No page needs it to be read: every chart has its table, every button its form.

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// <div data-chart="bar|line|stack" data-table="ID" data-echarts="ADDRESS"></div>: the first column
// of the table names, every other column with data-series on its heading is a series.
function readTable(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const names = rows.map((row) => row.cells[0].textContent.trim());
  const series = heads
    .map((head, index) => ({ head, index }))
    .filter(({ head }) => head.hasAttribute("data-series"))
    .map(({ head, index }) => ({
      name: head.textContent.trim(),
      colour: head.dataset.series,
      values: rows.map((row) => {
        const value = row.cells[index].dataset.value;
        return value === undefined || value === "" ? null : Number(value);
      }),
    }));
  return { names, series };
}

const LONG_NAME = 8;

let loading = null;
function echartsFrom(address) {
  if (window.echarts) return Promise.resolve(window.echarts);
  if (!loading) {
    loading = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.echarts);
      script.onerror = reject;
      document.head.append(script);
    });
  }
  return loading;
}

async function draw(place) {
  const table = document.getElementById(place.dataset.table);
  if (!table || !table.tHead || place.dataset.drawn) return;
  place.dataset.drawn = "1";
  const { names, series } = readTable(table);
  const kind = place.dataset.chart;
  // Long names are read beside their bars, not beneath them.
  const lying = kind !== "line" && names.some((name) => name.length > LONG_NAME);
  if (lying) place.style.height = `${Math.max(160, names.length * 34 + 40)}px`;
  const echarts = await echartsFrom(place.dataset.echarts);
  const chart = echarts.init(place, null, { renderer: "svg" });
  const fallback = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5"];
  chart.setOption({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true },
    color: series.map((each, at) => token(each.colour || fallback[at % fallback.length]) || token(fallback[at % 5])),
    textStyle: { color: token("--ink"), fontFamily: token("--font") },
    tooltip: { trigger: "axis", renderMode: "richText" },
    legend: series.length > 1 ? { textStyle: { color: token("--ink") }, top: 0 } : undefined,
    grid: { left: 8, right: 16, top: series.length > 1 ? 36 : 12, bottom: 8, containLabel: true },
    [lying ? "yAxis" : "xAxis"]: {
      type: "category",
      data: names,
      inverse: lying,
      axisLabel: { color: token("--ink-soft"), width: lying ? 220 : undefined, overflow: "break" },
    },
    [lying ? "xAxis" : "yAxis"]: {
      type: "value",
      axisLabel: { color: token("--ink-soft") },
      splitLine: { lineStyle: { color: token("--line") } },
    },
    series: series.map((each) => ({
      name: each.name,
      data: each.values,
      type: kind === "line" ? "line" : "bar",
      stack: kind === "stack" ? "all" : undefined,
      connectNulls: false,
    })),
  });
  new ResizeObserver(() => chart.resize()).observe(place);
}

function ready(root) {
  root.querySelectorAll("[data-chart]").forEach((place) => draw(place));
  // A slider shows what it stands at.
  root.querySelectorAll("input[type=range][data-labels]").forEach((slider) => {
    const labels = JSON.parse(slider.dataset.labels);
    const told = document.getElementById(slider.dataset.told);
    const tell = () => {
      const label = labels[Number(slider.value) - Number(slider.min)] || "";
      told.textContent = label;
      slider.setAttribute("aria-valuetext", label);
    };
    slider.addEventListener("input", tell);
    tell();
  });
  root.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", () => {
      form.querySelectorAll("button").forEach((button) => setTimeout(() => (button.disabled = true)));
    });
  });
  root.querySelectorAll("[data-all]").forEach((box) => {
    box.addEventListener("change", () => {
      document.querySelectorAll(box.dataset.all).forEach((each) => (each.checked = box.checked));
    });
  });
}

// A part that follows the news is renewed while nobody is at work in it: nothing that is chosen,
// looked at or opened further is lost. Else its reader is told, and asks when they are ready.
function isAtWork(part) {
  return part.contains(document.activeElement) || part.querySelector("input:checked") || part.dataset.grown;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!part.hasAttribute("data-follows") || !isAtWork(part)) return;
  event.preventDefault();
  const told = document.getElementById("board-told");
  if (!told.querySelector("a")) {
    told.replaceChildren(document.getElementById("board-moved").content.cloneNode(true));
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target.closest("[data-follows]");
  if (part && part !== event.detail.target) part.dataset.grown = "1";
});

document.addEventListener("htmx:load", (event) => {
  const part = event.detail.elt;
  if (!part.hasAttribute || !part.hasAttribute("data-follows")) return;
  document.getElementById("board-told").textContent = part.dataset.said;
});

document.addEventListener("DOMContentLoaded", () => ready(document));
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) ready(event.detail.elt);
});
