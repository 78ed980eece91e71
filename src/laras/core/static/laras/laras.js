/* Laras: the little the pages need beyond HTML and htmx. No framework, no inline code, nothing from elsewhere. */
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch { /* storage is switched off: the page works without */ }
    return null;
  };
  // Before the first paint, so that a dark page never flashes white.
  const theme = stored("laras-theme");
  if (theme) root.dataset.theme = theme;

  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const text = (name) => document.body.dataset[name] || "";
  const typing = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  const say = (words) => {
    const box = find("#umum");
    if (box) { box.textContent = ""; setTimeout(() => { box.textContent = words; }, 50); }
  };
  window.laras = { say };

  /* A notice that stays until it is closed or its cause is gone. `actions`: [label, function or address]. */
  const toast = (id, words, tone, ...actions) => {
    find(`#${id}`)?.remove();
    const box = document.createElement("div");
    box.id = id;
    box.className = `notice toast ${tone}`;
    box.setAttribute("role", "alert");
    const body = document.createElement("div");
    const line = document.createElement("p");
    line.textContent = words;
    body.append(line);
    const row = document.createElement("p");
    row.className = "row";
    for (const [label, act] of [...actions, [text("tClose"), () => box.remove()]]) {
      const item = document.createElement(typeof act === "string" ? "a" : "button");
      item.textContent = label;
      item.className = "button small";
      if (typeof act === "string") { item.href = act; item.target = "_blank"; item.rel = "noopener"; }
      else { item.type = "button"; item.addEventListener("click", act); }
      row.append(item);
    }
    body.append(row);
    box.append(body);
    document.body.append(box);
    return box;
  };

  /* --- Drafts: what was typed survives an ended session, a lost line and a reload; this tab only --- */
  const user = root.dataset.user || "";
  const session = {
    get: (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full or off */ } },
    drop: (key) => { try { sessionStorage.removeItem(key); } catch { /* off */ } },
    keys: () => { try { return Object.keys(sessionStorage); } catch { return []; } },
  };
  // A field may be named "method" or "action" and then hides the form's own.
  const sentBy = (form) => (form.getAttribute("method") || "get").toLowerCase();
  // By where it is sent: a refusal shows the same form at that address, and both are one draft.
  const sentTo = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;
  const draftKey = (form) => `draft:${user}:${sentTo(form)}:${form.dataset.draft}`;
  const keepable = (field) => field.name && !["password", "file", "hidden", "submit", "button"].includes(field.type) &&
    !["csrfmiddlewaretoken", "form_key"].includes(field.name) && !field.hasAttribute("data-no-draft");
  const typed = (form) => [...form.elements].filter(keepable).map((field) =>
    [field.name, field.type === "checkbox" || field.type === "radio" ? `${field.value}\n${field.checked}` :
      field.multiple ? JSON.stringify([...field.selectedOptions].map((o) => o.value)) : field.value]);
  const fill = (form, pairs) => {
    const waiting = pairs.slice();
    let changed = false;
    for (const field of [...form.elements].filter(keepable)) {
      const at = waiting.findIndex(([name, value]) => name === field.name &&
        (!["checkbox", "radio"].includes(field.type) || value.startsWith(`${field.value}\n`)));
      if (at < 0) continue;
      const [, value] = waiting.splice(at, 1)[0];
      if (field.type === "checkbox" || field.type === "radio") {
        const on = value.endsWith("\ntrue");
        if (field.checked !== on) { field.checked = on; changed = true; }
      } else if (field.multiple) {
        const chosen = JSON.parse(value);
        for (const option of field.options) option.selected = chosen.includes(option.value);
      } else if (field.value !== value) { field.value = value; changed = true; }
    }
    return changed;
  };
  const timers = new WeakMap();
  const keepDraft = (form) => {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => session.set(draftKey(form), typed(form)), 250));
  };
  const keepDraftNow = (form) => { clearTimeout(timers.get(form)); session.set(draftKey(form), typed(form)); };
  const dropDraft = (form) => { clearTimeout(timers.get(form)); session.drop(draftKey(form)); };
  const openDrafts = (within) => {
    for (const form of all("form[data-draft]", within)) {
      if (form.dataset.draftReady) continue;
      form.dataset.draftReady = "1";
      const kept = session.get(draftKey(form));
      // After a refusal the server's page already shows what was typed, with the errors.
      if (!kept || find("[aria-invalid=true]", form) || find(".error-summary")) continue;
      const before = typed(form);
      if (!fill(form, kept)) continue;
      form.dispatchEvent(new CustomEvent("laras:draft", { bubbles: true }));
      const note = document.createElement("div");
      note.className = "notice info";
      note.setAttribute("role", "status");
      const line = document.createElement("div");
      line.textContent = `${text("tDraft")} `;
      const empty = document.createElement("button");
      empty.type = "button";
      empty.className = "linklike";
      empty.textContent = text("tDiscard");
      empty.addEventListener("click", () => { dropDraft(form); fill(form, before); note.remove(); form.dispatchEvent(new CustomEvent("laras:draft", { bubbles: true })); });
      line.append(empty);
      note.append(line);
      form.prepend(note);
    }
  };
  const settleDrafts = () => {
    for (const key of session.keys()) if (user && key.startsWith("draft:") && !key.startsWith(`draft:${user}:`)) session.drop(key);
    const sent = session.get("draft-sent");
    if (!sent || !user) return;
    const refused = find("[data-refusal]") || find(".error-summary");
    const same = all("form[data-draft]").some((form) => draftKey(form) === sent);
    if (find("[data-saved]") || (!refused && !same)) session.drop(sent);
    session.drop("draft-sent");
  };

  /* --- Dialogs --- */
  /* One dialog may serve every row of a list: the button that opens it says where its form goes and what its title is. */
  const openDialog = (name, opener) => {
    const box = document.getElementById(name);
    if (!box || box.open) return;
    const { dialogAction, dialogTitle } = opener?.dataset ?? {};
    if (dialogAction) {
      const form = find("form", box);
      if (form.getAttribute("action") !== dialogAction) form.reset();
      form.setAttribute("action", dialogAction);
    }
    if (dialogTitle) find(".dialog-head h2", box).textContent = dialogTitle;
    box.showModal();
    (find("[autofocus], .field input:not([type=hidden]), .field textarea, .field select", box) || box).focus();
  };

  /* --- Rows of tables --- */
  const rowLinks = (table) => all("tbody tr", table).map((row) => find(".row-link, [data-row-focus]", row)).filter(Boolean);
  const walk = (event) => {
    const table = event.target.closest("table[data-rows]");
    if (!table || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step) return;
    const links = rowLinks(table);
    const row = event.target.closest("tr");
    const here = links.findIndex((link) => row && row.contains(link));
    const next = links[here + step];
    if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const countSelected = (form) => {
    const boxes = all("input[type=checkbox][data-select]", form);
    const chosen = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest("tr")?.classList.toggle("selected", box.checked);
    find(".bulk-bar", form)?.classList.toggle("some", chosen.length > 0);
    for (const out of all("[data-selected]", form)) out.textContent = chosen.length;
    for (const button of all("[data-needs-selection]", form)) button.disabled = !chosen.length;
    const head = find("[data-select-all]", form);
    if (head) { head.checked = chosen.length > 0 && chosen.length === boxes.length; head.indeterminate = chosen.length > 0 && !head.checked; }
  };

  const busy = (form, on) => {
    if (on) form.dataset.busy = "1"; else delete form.dataset.busy;
    for (const button of all("button:not([type=button]), input[type=submit]", form)) {
      if (on) button.setAttribute("aria-disabled", "true"); else button.removeAttribute("aria-disabled");
    }
  };

  const dressFileInputs = (within) => {
    for (const drop of all(".drop", within)) {
      if (drop.dataset.ready) continue;
      drop.dataset.ready = "1";
      const input = find("input[type=file]", drop);
      for (const name of ["dragover", "dragenter"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
      for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
      drop.addEventListener("drop", (event) => {
        event.preventDefault();
        if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; input.dispatchEvent(new Event("change", { bubbles: true })); }
      });
    }
  };
  const dress = (within) => {
    openDrafts(within);
    dressFileInputs(within);
    for (const form of all("form", within)) if (find("[data-select]", form)) countSelected(form);
    const wrongDialog = find("dialog .error-summary, dialog [aria-invalid=true]", within);
    if (wrongDialog) openDialog(wrongDialog.closest("dialog").id);
  };

  document.addEventListener("DOMContentLoaded", () => {
    settleDrafts();
    dress(document);
    const current = find(".side-menu a[aria-current]");
    if (current) current.scrollIntoView({ block: "nearest" });
    find("[data-focus]")?.focus();
  });

  const menu = (open) => {
    const button = find("[data-menu]");
    if (!button) return;
    document.body.classList.toggle("menu-open", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) find(".side-menu a")?.focus();
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    for (const open of all("details.menu-button[open]")) if (!open.contains(target)) open.open = false;
    const hit = (selector) => target.closest(selector);
    let found;
    if (hit("[data-menu]")) menu(!document.body.classList.contains("menu-open"));
    else if (document.body.classList.contains("menu-open") && !hit(".side-menu")) menu(false);
    if (hit("[data-theme-toggle]")) {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      stored("laras-theme", root.dataset.theme);
    }
    if ((found = hit("[data-dialog]"))) openDialog(found.dataset.dialog, found);
    if ((found = hit("[data-close]"))) found.closest("dialog")?.close();
    if (hit("[data-back]")) history.back();
    if (hit("[data-print]")) window.print();
    if ((found = hit("[data-copy]"))) {
      const done = () => say(text("tCopied"));
      if (navigator.clipboard) navigator.clipboard.writeText(found.dataset.copy).then(done, () => {});
    }
    if ((found = hit("a[href^='#']"))) {
      const field = document.getElementById(decodeURIComponent(found.hash.slice(1)));
      if (field && found.closest(".error-summary")) {
        event.preventDefault();
        (field.matches("fieldset") ? find("input, select, textarea", field) || field : field).focus();
        field.scrollIntoView({ block: "center" });
      }
    }
    const row = hit("table[data-rows] tbody tr");
    if (row && !hit("a, button, input, label, select, textarea, summary") && !String(getSelection())) {
      find(".row-link", row)?.click();
    }
  });

  let lastBox = null;
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-select-all]")) for (const other of all("[data-select]", box.form)) other.checked = box.checked;
    if (box.matches("[data-select], [data-select-all]")) countSelected(box.form);
    if (box.matches("[data-submit-on-change]")) box.form.requestSubmit();
    const form = box.closest("form[data-draft]");
    if (form) keepDraft(form);
  });
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.("[data-select]")) return;
    if (event.shiftKey && lastBox && lastBox.form === box.form) {
      const boxes = all("[data-select]", box.form);
      const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const other of boxes.slice(from, to + 1)) other.checked = box.checked;
      countSelected(box.form);
    }
    lastBox = box;
  });

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (form) keepDraft(form);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const scan = find("#scan");
      if (scan) { event.preventDefault(); scan.focus(); scan.select(); }
    }
    if (event.key === "Escape") {
      const open = event.target.closest?.("details.menu-button[open]") || find("details.menu-button[open]");
      if (open) { open.open = false; find("summary", open).focus(); }
      else if (document.body.classList.contains("menu-open")) { menu(false); find("[data-menu]").focus(); }
      else if (event.target.id === "scan") event.target.blur();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest?.("form");
      if (form && sentBy(form) === "post") { event.preventDefault(); form.requestSubmit(); }
    }
    walk(event);
  });

  /* --- Sending: once, and remembered until it was saved --- */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (sentBy(form) === "dialog") return;
    if (form.hasAttribute("data-signout")) for (const key of session.keys()) if (key.startsWith("draft")) session.drop(key);
    if (sentBy(form) !== "post") return;
    if (form.dataset.busy) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (form.matches("form[data-draft]")) { keepDraftNow(form); if (!form.hasAttribute("hx-post")) session.set("draft-sent", draftKey(form)); }
    busy(form, true);
    say(text("tWorking"));
    // A download leaves the page as it is; then the button must work again.
    setTimeout(() => busy(form, false), 8000);
  }, true);
  window.addEventListener("pageshow", () => { for (const form of all("form[data-busy]")) busy(form, false); });

  document.addEventListener("htmx:afterRequest", (event) => {
    const element = event.detail.elt;
    const form = element.closest?.("form");
    if (form) {
      busy(form, false);
      const status = event.detail.xhr ? event.detail.xhr.status : 0;
      if (form.matches("form[data-draft]") && status >= 200 && status < 300 && event.detail.requestConfig.verb === "post" && element === form) dropDraft(form);
    }
    if (event.detail.successful) { find("#putus")?.remove(); find("#berakhir")?.remove(); }
  });
  document.addEventListener("htmx:afterSwap", (event) => { dress(event.detail.elt.parentElement || document); find("[data-focus]", event.detail.elt)?.focus(); });
  const again = (detail) => () => { find("#putus")?.remove(); const config = detail.requestConfig; window.htmx.trigger(config.elt, config.triggeringEvent ? config.triggeringEvent.type : "submit"); };
  document.addEventListener("htmx:sendError", (event) => toast("putus", text("tOffline"), "waiting", [text("tRetry"), again(event.detail)]));
  document.addEventListener("htmx:timeout", (event) => toast("putus", text("tOffline"), "waiting", [text("tRetry"), again(event.detail)]));
  document.addEventListener("htmx:responseError", (event) => {
    const { status, responseText } = event.detail.xhr;
    if (status === 401) { toast("berakhir", text("tExpired"), "waiting", [text("tSignin"), text("signin")]); return; }
    // The server's refusal is a short notice in the user's words; anything else gets ours.
    const answer = new DOMParser().parseFromString(responseText, "text/html");
    const words = answer.querySelector(".notice")?.textContent.trim().replace(/\s+/g, " ");
    toast("gagal", words || text("tFailed"), "danger");
  });
})();
