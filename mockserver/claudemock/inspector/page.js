"use strict";
// Everything that was sent is shown with textContent: no byte of it becomes markup.
const MOST = 2000; // rows; older ones stay in the journal
const byId = (id) => document.getElementById(id);
const here = location.pathname.replace(/\/?$/, "/");
const totals = { exchanges: 0, failed: 0, dollars: 0 };

function cell(row, text, bad = false) {
  const made = row.insertCell();
  made.textContent = text ?? "";
  if (bad) made.className = "bad";
}

function show(title, value) {
  byId("title").textContent = title;
  byId("details").textContent = typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function add(exchange) {
  const row = byId("exchanges").insertRow(0);
  const { usage, response } = exchange;
  const failed = response.status >= 400 || exchange.ended !== "clean";
  const again = exchange.attempt && exchange.attempt.number > 1 ? ` (attempt ${exchange.attempt.number})` : "";
  cell(row, exchange.id);
  cell(row, `${exchange.method} ${exchange.path}${again}`);
  cell(row, exchange.ended === "clean" ? response.status : `${response.status} ${exchange.ended}`, failed);
  cell(row, exchange.model);
  cell(row, usage ? usage.cache_read_input_tokens : "");
  cell(row, usage ? usage.cache_creation_input_tokens : "");
  cell(row, exchange.cost ? `$${exchange.cost.total.toFixed(5)}` : "");
  cell(row, exchange.faults.map((fault) => fault.fault).join(" "));
  row.tabIndex = 0;
  const choose = () => {
    document.querySelector("[aria-selected]")?.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
    show(exchange.id, exchange);
  };
  row.addEventListener("click", choose);
  row.addEventListener("keydown", (event) => event.key === "Enter" && choose());
  if (byId("exchanges").rows.length > MOST) byId("exchanges").deleteRow(-1);
  totals.exchanges += 1;
  totals.failed += failed ? 1 : 0;
  totals.dollars += exchange.cost ? exchange.cost.total : 0;
  byId("totals").textContent =
    `${totals.exchanges} exchanges, ${totals.failed} failed, $${totals.dollars.toFixed(4)} at the real API's prices`;
}

async function judge() {
  const response = await fetch(`${here}findings?format=text`);
  show("What the contracts say", await response.text());
}

async function reset() {
  await fetch(`${here}reset`, { method: "POST" });
  location.reload();
}

byId("judge").addEventListener("click", judge);
byId("reset").addEventListener("click", reset);
const feed = new EventSource(`${here}events`);
feed.addEventListener("exchange", (event) => add(JSON.parse(event.data)));
feed.addEventListener("error", () => feed.close() || (byId("totals").textContent += " (the server is gone)"));
