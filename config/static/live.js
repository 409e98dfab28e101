/* Rows that lead somewhere, boxes that tick all, parts that refresh while somebody looks, and keys of the inbox. */
"use strict";

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button, input, label, select")) return;
  window.location = row.dataset.href;
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-check-all]")) return;
  const boxes = event.target.closest("table").querySelectorAll("tbody input[type=checkbox]");
  boxes.forEach((box) => { box.checked = event.target.checked; });
});

/* A part with data-live="/address" is read again: every 10 s while seen, every minute while the page is hidden. */
function live(part) {
  const wait = document.hidden ? 60000 : Number(part.dataset.every || 10) * 1000;
  window.setTimeout(() => {
    if (!document.contains(part)) return;
    if (document.hidden) return live(part);
    window.htmx.ajax("GET", part.dataset.live, { target: part, swap: "innerHTML" }).finally(() => live(part));
  }, wait);
}

function wake(root) {
  root.querySelectorAll("[data-live]").forEach((part) => {
    if (part.dataset.awake) return;
    part.dataset.awake = "yes";
    live(part);
  });
}

document.addEventListener("DOMContentLoaded", () => wake(document));

/* The shell's script looks for a text box beside each file box of its own making; ours have none. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".nf input[type=file]").forEach((box) => { box.hasChangeListener = true; });
});
document.addEventListener("htmx:afterSwap", (event) => wake(event.target));

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.metaKey || event.ctrlKey) return;
  const rows = [...document.querySelectorAll(".nf-table tbody tr[data-href]")];
  const at = rows.findIndex((row) => row.classList.contains("nf-current"));
  const move = { j: 1, k: -1 }[event.key];
  if (move && rows.length) {
    rows[at]?.classList.remove("nf-current");
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + move))];
    next.classList.add("nf-current");
    next.scrollIntoView({ block: "nearest" });
  }
  if (event.key === "Enter" && at >= 0) window.location = rows[at].dataset.href;
  if (event.key === "x" && at >= 0) rows[at].querySelector("input[type=checkbox]")?.click();
  if (event.key === "/") { event.preventDefault(); document.querySelector(".nf-search, .nf-filters input")?.focus(); }
});
