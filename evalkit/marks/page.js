
"use strict";
// Keeps points and comments in this browser, checks them, and gives them out as CSV.
// Each field is kept by itself, by file and marker: two tabs never write over each
// other's, and a second marker with the same sheet does not see the first one's.
const here = ["evalkit-marks", document.body.dataset.sheet, location.pathname];
const nameField = document.getElementById("marker");
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

function marker() { return nameField.value.trim().replace(/\s+/g, " "); }

function key(answer, part) {
  return JSON.stringify([...here, marker().toLowerCase(), answer.dataset.id, part]);
}

function tell() {
  const all = answers.map(pointsOf);
  const good = all.filter((points) => points !== null && !Number.isNaN(points));
  const wrong = all.filter(Number.isNaN).length;
  const total = good.reduce((sum, points) => sum + points, 0);
  document.getElementById("state").textContent =
    good.length + " of " + answers.length + " marked, " + total + " points given"
    + (wrong ? ", " + wrong + " to correct" : "")
    + (lost ? "; this browser keeps nothing: download before you close the page" : "");
}

let lost = false;
// Does something with a store; a browser may have none for a file.
function withStore(act) {
  try { return act(); } catch { lost = true; return null; }
}

function save(answer, field) {
  const place = key(answer, fields(answer).indexOf(field));
  withStore(() => field.value === "" ? localStorage.removeItem(place) : localStorage.setItem(place, field.value));
  nameField.readOnly = lost; // another name would take away what is only on the page
}

// Shows what is kept for the marker who is named; nobody marks without a name.
function restore() {
  const named = marker() !== "";
  document.getElementById("nameless").hidden = named;
  for (const name of ["next", "download", "clear"]) document.getElementById(name).disabled = !named;
  for (const answer of answers) {
    fields(answer).forEach((field, part) => {
      field.value = (named && withStore(() => localStorage.getItem(key(answer, part)))) || "";
      field.disabled = !named;
    });
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
  const rows = [["id", "number", "points possible", "points", "comment", "marker"]];
  for (const answer of answers) {
    const [points, comment] = fields(answer).map((field) => field.value.trim());
    rows.push([answer.dataset.id, answer.dataset.number, answer.dataset.worth, points, comment, marker()]);
  }
  return "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

document.addEventListener("input", (event) => {
  const answer = event.target.closest("article.answer");
  if (!answer) return;
  save(answer, event.target);
  check(answer);
  tell();
});

// The name is this tab's own: whoever opens the file anew says who they are.
nameField.addEventListener("input", () => {
  withStore(() => sessionStorage.setItem(JSON.stringify(here), nameField.value));
  restore();
});

// Another tab has written a field, or everything is gone.
addEventListener("storage", (event) => {
  if (marker() === "" || event.storageArea !== localStorage) return;
  if (event.key === null) return restore();
  for (const answer of answers) {
    fields(answer).forEach((field, part) => {
      if (key(answer, part) === event.key) field.value = event.newValue ?? "";
    });
    check(answer);
  }
  tell();
});

document.getElementById("clear").addEventListener("click", () => {
  if (!confirm("Clear all points and comments of " + marker() + " on this page?")) return;
  for (const answer of answers) {
    for (const field of fields(answer)) {
      field.value = "";
      save(answer, field);
    }
    check(answer);
  }
  tell();
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
  const who = marker().replace(/[^\p{L}\p{N}]+/gu, "-");
  link.download = "marks-" + document.body.dataset.sheet + "-" + who + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

nameField.value = withStore(() => sessionStorage.getItem(JSON.stringify(here))) || "";
restore();
// A page that the browser had put by may show what was kept then.
addEventListener("pageshow", (event) => { if (event.persisted) restore(); });
