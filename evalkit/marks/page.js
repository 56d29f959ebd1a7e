
"use strict";
// Keeps points and comments in this browser, checks them, and gives them out as CSV.
const key = "evalkit-marks-" + document.body.dataset.sheet;
const answers = [...document.querySelectorAll("article.answer")];
const fields = (answer) => [answer.querySelector("input.points"), answer.querySelector("input.comment")];

// The points in a field: null while it is empty, NaN where it holds none that count.
function pointsOf(answer) {
  const text = fields(answer)[0].value.trim();
  if (text === "") return null;
  if (!/^\d{1,6}([.,]\d{1,6})?$/.test(text)) return NaN;
  const points = Number(text.replace(",", "."));
  return points <= Number(answer.dataset.worth) && Number.isInteger(2 * points) ? points : NaN;
}

function check(answer) {
  const points = pointsOf(answer);
  const wrong = Number.isNaN(points);
  answer.classList.toggle("wrong", wrong);
  answer.classList.toggle("done", points !== null && !wrong);
  answer.querySelector(".problem").textContent = wrong
    ? "whole or half points from 0 to " + answer.dataset.worth : "";
}

function tell() {
  const all = answers.map(pointsOf);
  const good = all.filter((points) => points !== null && !Number.isNaN(points));
  const wrong = all.filter(Number.isNaN).length;
  const total = good.reduce((sum, points) => sum + points, 0);
  document.getElementById("state").textContent =
    good.length + " of " + answers.length + " marked, " + total + " points given"
    + (wrong ? ", " + wrong + " to correct" : "");
}

function save() {
  const kept = {};
  for (const answer of answers) {
    const [points, comment] = fields(answer).map((field) => field.value);
    if (points || comment) kept[answer.dataset.id] = [points, comment];
  }
  try { localStorage.setItem(key, JSON.stringify(kept)); } catch { /* nowhere to keep it */ }
}

function restore() {
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(key)) || {}; } catch { /* nothing was kept */ }
  for (const answer of answers) {
    const values = kept[answer.dataset.id];
    if (Array.isArray(values)) fields(answer).forEach((field, i) => { field.value = String(values[i] ?? ""); });
    check(answer);
  }
  tell();
}

// A cell that no spreadsheet takes for a formula, quoted.
function cell(text) {
  const guarded = /^[=+\-@\t'＝＋－＠]/.test(text) ? "'" + text : text;
  return '"' + guarded.replaceAll('"', '""') + '"';
}

function sheet() {
  const rows = [["id", "number", "points possible", "points", "comment"]];
  for (const answer of answers) {
    const [points, comment] = fields(answer).map((field) => field.value.trim());
    rows.push([answer.dataset.id, answer.dataset.number, answer.dataset.worth, points, comment]);
  }
  return "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

document.addEventListener("input", (event) => {
  const answer = event.target.closest("article.answer");
  if (!answer) return;
  check(answer);
  tell();
  save();
});

document.getElementById("next").addEventListener("click", () => {
  const open = answers.find((answer) => { const points = pointsOf(answer); return points === null || Number.isNaN(points); });
  if (!open) return;
  open.scrollIntoView({ block: "center" });
  fields(open)[0].focus({ preventScroll: true });
});

document.getElementById("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([sheet()], { type: "text/csv;charset=utf-8" }));
  link.download = "marks-" + document.body.dataset.sheet + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

restore();
