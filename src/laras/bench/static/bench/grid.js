/* The grid of values: arrows and Enter walk, a pasted column fills down, values are judged while they are typed, everything is
   saved in one request, and a lost line loses nothing (laras.js keeps the draft; here the sending is tried again). */
(() => {
  "use strict";
  const form = document.querySelector("form[data-grid]");
  if (!form) return;
  const words = form.dataset;
  const status = form.querySelector("[data-grid-status]");
  const cells = () => [...form.querySelectorAll("input[data-cell]:not([data-cell=comment])")];
  const column = (cell) => [...form.querySelectorAll(`input[data-cell="${cell.dataset.cell}"]`)];
  const rowOf = (cell) => cell.closest("tr");
  const key = (cell) => rowOf(cell).dataset.row;
  const noteOf = (row) => row.querySelector("[data-note]");
  const csrf = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
  /* Signing in again (in another tab) changes the token; the page takes the new one and what was typed stays. */
  const renewToken = async () => {
    const page = await fetch(location.href, { headers: { Accept: "text/html" } });
    const found = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
    if (!page.ok || !found) return false;
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = found.value;
    return true;
  };
  const tell = (text) => { status.textContent = text; };
  const savedComment = new WeakMap();
  for (const cell of column({ dataset: { cell: "comment" } })) savedComment.set(cell, cell.defaultValue);

  const commentOf = (cell) => rowOf(cell).querySelector("input[data-cell=comment]");
  const changed = (cell) => (cell.value !== cell.dataset.savedValue && cell.value.trim() !== "") ||
    (cell.value.trim() !== "" && commentOf(cell) && commentOf(cell).value !== savedComment.get(commentOf(cell)));
  const mark = (cell) => { cell.classList.toggle("changed", changed(cell)); };
  const countUnsaved = () => {
    const open = cells().filter(changed).length;
    tell(open ? `${open} ${words.tUnsaved}` : "");
  };

  /* --- Walking --- */
  const step = (cell, by) => {
    const all = column(cell);
    const next = all[all.indexOf(cell) + by];
    if (!next) return false;
    next.focus();
    next.select();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };
  const sideways = (cell, by) => {
    const inRow = [...rowOf(cell).querySelectorAll("input[data-cell]")];
    const next = inRow[inRow.indexOf(cell) + by];
    if (next) { next.focus(); next.select(); }
    return Boolean(next);
  };
  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.matches("input[data-cell]") || event.altKey || event.isComposing) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); step(cell, event.shiftKey ? -1 : 1); return; }
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    // With a list of answers the arrows choose from it.
    const free = !cell.hasAttribute("list") || cell.value === cell.dataset.savedValue;
    if (event.key === "ArrowDown" && free) { event.preventDefault(); step(cell, 1); }
    if (event.key === "ArrowUp" && free) { event.preventDefault(); step(cell, -1); }
    const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    if (event.key === "ArrowRight" && (whole || cell.selectionStart === cell.value.length) && sideways(cell, 1)) event.preventDefault();
    if (event.key === "ArrowLeft" && (whole || cell.selectionEnd === 0) && sideways(cell, -1)) event.preventDefault();
    if (event.key === "Escape" && cell.value !== cell.dataset.savedValue && cell.dataset.savedValue !== undefined) {
      cell.value = cell.dataset.savedValue;
      cell.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  /* --- Pasting a column, or two (value and comment) --- */
  form.addEventListener("paste", (event) => {
    const first = event.target;
    if (!first.matches?.("input[data-cell]")) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n+$/, "");
    if (!/[\n\t]/.test(text)) return;
    event.preventDefault();
    const all = column(first);
    const from = all.indexOf(first);
    text.split("\n").forEach((line, i) => {
      let cell = all[from + i];
      for (const part of line.split("\t")) {
        if (!cell) break;
        cell.value = part.trim();
        cell.dispatchEvent(new Event("input", { bubbles: true }));
        const inRow = [...rowOf(cell).querySelectorAll("input[data-cell]")];
        cell = inRow[inRow.indexOf(cell) + 1];
      }
    });
    const lines = text.split("\n").length;
    all[Math.min(all.length, from + lines) - 1].focus();
    if (from + lines > all.length) tell(`${from + lines - all.length} ${words.tBeyond}`);
  });

  /* --- Judged as you type --- */
  const arrows = { H: "↑", HH: "⇈", L: "↓", LL: "⇊", A: "!" };
  /* Two analysts in one cell: the other's value is named, and whoever still means his own says so. */
  const offerTheirs = (row, cell, answer) => {
    const told = document.createElement("div");
    told.textContent = `${words.tTheirs} ${answer.theirs}${answer.by ? ` (${answer.by})` : ""} `;
    const mine = document.createElement("button");
    mine.type = "button";
    mine.className = "button small";
    mine.textContent = words.tOverride;
    mine.addEventListener("click", () => {
      form.elements[`seen-${key(cell)}`].value = answer.entries;
      cell.dataset.savedValue = answer.theirs;
      mark(cell);
      countUnsaved();
      save();
    });
    told.append(mine);
    noteOf(row).append(told);
  };
  const show = (row, answer) => {
    const note = noteOf(row);
    const cell = row.querySelector("input[data-cell]");
    note.textContent = "";
    if (answer.message) {
      const error = document.createElement("span");
      error.className = "error";
      error.textContent = answer.message;
      note.append(error);
      cell.setAttribute("aria-invalid", "true");
      if (answer.theirs !== undefined) offerTheirs(row, cell, answer);
      return;
    }
    cell.removeAttribute("aria-invalid");
    row.classList.toggle("critical-row", Boolean(answer.critical));
    if (arrows[answer.flag]) {
      const flag = document.createElement("b");
      flag.textContent = `${arrows[answer.flag]} `;
      if (answer.critical) {
        flag.className = "critical";
        flag.textContent += `${words.tCritical} `;
      }
      note.append(flag);
    }
    note.append(answer.note || "");
  };
  const waiting = new Map();
  // What the server refused to save, by row: a judgement that comes late says nothing over it while the value is the same.
  const refused = new Map();
  let timer = 0;
  const judge = async () => {
    const asked = [...waiting.entries()];
    waiting.clear();
    if (!asked.length) return;
    try {
      const answer = await fetch(words.judge, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
        body: JSON.stringify({ rows: asked.map(([id, cell]) => ({ id, raw: cell.value })) }),
      });
      if (!answer.ok) return;
      const raws = new Map(asked.map(([id, cell]) => [id, cell.value]));
      for (const row of (await answer.json()).rows) {
        const line = form.querySelector(`tr[data-row="${row.id}"]`);
        const cell = line?.querySelector("input[data-cell]");
        // Only what is still there: an answer that comes late says nothing of a newer value.
        if (cell && cell.value === raws.get(row.id) && refused.get(row.id) !== cell.value) show(line, row);
      }
    } catch { /* no line: the server judges when it is saved */ }
  };
  const ask = (cell) => {
    refused.delete(key(cell));
    if (cell.value.trim() === "") {
      waiting.delete(key(cell));
      noteOf(rowOf(cell)).textContent = cell.dataset.savedValue ? words.tEmpty : "";
      cell.removeAttribute("aria-invalid");
      return;
    }
    waiting.set(key(cell), cell);
    clearTimeout(timer);
    timer = setTimeout(judge, 350);
  };
  form.addEventListener("input", (event) => {
    const cell = event.target;
    if (!cell.matches?.("input[data-cell]")) return;
    const value = cell.dataset.cell === "comment" ? rowOf(cell).querySelector("input[data-cell]") : cell;
    mark(value);
    if (value === cell) ask(cell);
    countUnsaved();
  });
  const reread = () => { for (const cell of cells()) { mark(cell); if (changed(cell)) ask(cell); } countUnsaved(); };
  form.addEventListener("laras:draft", reread);
  reread();

  /* --- Saving in one request --- */
  let sending = false;
  let retry = false;
  const free = () => {
    sending = false;
    delete form.dataset.busy;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  };
  const body = () => {
    const data = new URLSearchParams();
    for (const name of ["csrfmiddlewaretoken", "instrument", "reagent_lot"]) {
      const input = form.elements[name];
      if (input) data.append(name, input.value);
    }
    for (const cell of cells()) {
      if (!changed(cell) || cell.value.trim() === "") continue;
      data.append(cell.name, cell.value);
      data.append(`seen-${key(cell)}`, form.elements[`seen-${key(cell)}`].value);
      if (commentOf(cell)) data.append(commentOf(cell).name, commentOf(cell).value);
      // Why a sample that waited too long is tested all the same.
      const late = rowOf(cell).querySelector("input[data-late]");
      if (late) data.append(late.name, late.value);
    }
    return data;
  };
  const save = async (again = false) => {
    if (sending) return;
    sending = true;
    retry = false;
    tell(words.tSaving);
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": csrf() }, body: body() });
    } catch {
      free();
      retry = true;
      tell(words.tOffline);
      return;
    }
    if (answer.status === 401) { free(); tell(words.tExpired); return; }
    if (answer.status === 403 && !again) {
      free();
      if (await renewToken().catch(() => false)) { save(true); return; }
      tell(words.tFailed);
      return;
    }
    let told = null;
    try { told = await answer.json(); } catch { /* not ours */ }
    if (!told || !Array.isArray(told.saved)) { free(); tell(words.tFailed); return; }
    for (const saved of told.saved) {
      const row = form.querySelector(`tr[data-row="${saved.id}"]`);
      if (!row) continue;
      const cell = row.querySelector("input[data-cell]");
      cell.dataset.savedValue = cell.value;
      if (commentOf(cell)) savedComment.set(commentOf(cell), commentOf(cell).value);
      form.elements[`seen-${saved.id}`].value = saved.entries;
      show(row, saved);
      mark(cell);
    }
    for (const problem of told.problems) {
      const row = form.querySelector(`tr[data-row="${problem.id}"]`);
      if (!row) continue;
      refused.set(problem.id, row.querySelector("input[data-cell]").value);
      show(row, problem);
    }
    if (answer.ok) {
      // The page opens anew with what comes next; the draft is dropped there.
      location.assign(location.href);
      return;
    }
    free();
    tell([told.saved.length || told.problems.length ? words.tProblems : told.message, told.critical].filter(Boolean).join(" "));
    form.querySelector("input[aria-invalid=true]")?.focus();
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  window.addEventListener("online", () => { if (retry) save(); });
  setInterval(() => { if (retry && navigator.onLine) save(); }, 15000);
})();
