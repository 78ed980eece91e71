/* Search boxes with lists that keep up with a fast typist on a slow line.

   `laras.ahead(form)` holds the keys that are typed while the page waits for an answer which decides where they belong, and plays
   them once it is there: the same keys give the same order, however long the server takes. `laras.combo(...)` is one search box. */
(() => {
  "use strict";
  const PATIENCE = 15000;
  // The cookie and not the page's own token: signing in again in another tab changes it.
  const token = (form) => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || form.querySelector("[name=csrfmiddlewaretoken]").value;

  /* The text of an answer; throws an Error with `status` (0: no answer came) and `stopped` (nobody wants it any more). */
  const ask = async (form, url, data, stopper = new AbortController()) => {
    let late = false;
    const timer = setTimeout(() => { late = true; stopper.abort(); }, PATIENCE);
    try {
      const answer = await fetch(url, {
        method: "POST", body: new URLSearchParams(data), signal: stopper.signal, credentials: "same-origin",
        headers: { "X-CSRFToken": token(form), "HX-Request": "true" },
      });
      if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
      return await answer.text();
    } catch (error) {
      throw Object.assign(error, { status: error.status || 0, stopped: error.name === "AbortError" && !late });
    } finally { clearTimeout(timer); }
  };

  const SIGNS = { Enter: "↵", Backspace: "⌫", ArrowDown: "↓", ArrowUp: "↑", Tab: "⇥" };
  const takesText = (field) => field.matches("textarea, input:not([type]), input[type=text], input[type=search], input[type=tel]");
  const touched = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  const ahead = (form, { next }) => {
    const line = document.createElement("p");
    line.className = "ahead";
    line.setAttribute("role", "status");
    line.hidden = true;
    form.append(line);
    let keys = [];
    let waiting = false;
    const inSigns = () => keys.map(({ key, ctrl }) => (ctrl ? "Ctrl " : "") + (SIGNS[key] || key)).join("");
    const tell = (words) => { line.textContent = words ? `${words} ${inSigns()}` : ""; line.hidden = !words; };
    const drop = () => { waiting = false; keys = []; tell(""); };

    const press = ({ key, ctrl }) => {
      const field = document.activeElement || form;
      const event = new KeyboardEvent("keydown", { key, ctrlKey: ctrl, bubbles: true, cancelable: true });
      if (!field.dispatchEvent(event)) return true;
      if (takesText(field) && (key.length === 1 || key === "Backspace")) {
        const from = field.selectionStart, to = field.selectionEnd;
        if (key.length === 1) field.setRangeText(key, from, to, "end");
        else field.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
        touched(field);
        return true;
      }
      if (field.matches("button") && (key === "Enter" || key === " ")) { field.click(); return true; }
      if (key === "Tab") { next(field); return true; }
      return key === "Enter" && ctrl;
    };
    const play = () => {
      while (keys.length && !waiting) {
        const first = keys.shift();
        if (!press(first)) { keys.unshift(first); stop(); return; }
      }
      if (!keys.length) tell("");
    };
    // What has no place is shown and not dropped in silence.
    const stop = () => { waiting = false; if (keys.length) tell(form.dataset.tHeld); else tell(""); keys = []; };

    window.addEventListener("keydown", (event) => {
      if (!event.isTrusted || !form.isConnected || !form.contains(event.target)) return;
      const { key } = event;
      if (!waiting) return;
      if (key === "Escape") { drop(); return; }
      if (event.altKey || event.metaKey || (event.ctrlKey && key !== "Enter")) return;
      if (key.length !== 1 && !(key in SIGNS)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      keys.push({ key, ctrl: event.ctrlKey });
      tell(form.dataset.tWaiting);
    }, true);
    form.addEventListener("pointerdown", drop);

    return {
      get waiting() { return waiting; },
      // From now on keys are held.
      wait: () => { waiting = true; tell(form.dataset.tWaiting); },
      // The answer is there and was followed.
      go: () => { waiting = false; play(); },
      // The answer left the choice to the person: only keys that choose are played.
      ask: () => { if (keys.length && !["ArrowDown", "ArrowUp"].includes(keys[0].key)) stop(); else { waiting = false; play(); } },
      // No answer: what is held waits for the next try.
      rest: () => { waiting = false; if (keys.length) tell(form.dataset.tHeld); else tell(""); },
      add: (key, ctrl = false) => keys.push({ key, ctrl }),
      drop,
    };
  };

  /* A search box with a list. `choose(option)` takes what was chosen; `empty()` is Enter on an empty box; `typed()` is any typing. */
  const combo = (form, held, name, { minimum = 2, data = () => ({}), keep = false, tab = true, choose, empty = () => {}, typed = () => {} }) => {
    const root = form.querySelector(`[data-combo="${name}"]`);
    if (!root) return null;
    const input = root.querySelector("[role=combobox]");
    const list = root.querySelector("[role=listbox]");
    const known = new Map();
    let timer = 0, running = null, runningFor = null, shownFor = null, active = null, entered = "";

    const close = () => { list.hidden = true; active = null; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const options = () => [...list.querySelectorAll("[role=option]")];
    const mark = (option) => {
      for (const other of options()) other.setAttribute("aria-selected", String(other === option));
      active = option || null;
      if (option) { input.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    };
    const take = (option) => { close(); shownFor = null; entered = ""; choose(option); };
    const show = (html, text) => {
      list.innerHTML = html;
      options().forEach((option, at) => { option.id = `${input.id}_${at}`; });
      shownFor = text;
      list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(list.querySelector("[data-auto]"));
      const key = entered;
      entered = "";
      if (!key) return;
      if (key === "Enter" && active) { take(active); held.go(); } else { if (key !== "Enter") step(key); held.ask(); }
    };
    const fail = (error) => {
      entered = "";
      shownFor = null;
      const words = document.createElement("li");
      words.className = "note none";
      if (error.status === 401) {
        const { tExpired, tSignin, signin } = document.body.dataset;
        const link = Object.assign(document.createElement("a"), { href: signin, target: "_blank", rel: "noopener", textContent: tSignin });
        words.append(`${tExpired} `, link);
      } else words.textContent = form.dataset.tFailed;
      list.replaceChildren(words);
      list.hidden = false;
      held.rest();
    };
    const search = async () => {
      clearTimeout(timer);
      const text = input.value.trim();
      const values = { q: text, ...data() };
      const key = JSON.stringify(values);
      if (text.length < minimum) { running?.abort(); running = null; close(); shownFor = null; if (entered) { entered = ""; held.go(); } return; }
      if (keep && known.has(key)) { running?.abort(); running = null; show(known.get(key), text); return; }
      if (running && runningFor === key) return;
      running?.abort();
      const mine = running = new AbortController();
      runningFor = key;
      try {
        const html = await ask(form, root.dataset.url, values, mine);
        if (keep) known.set(key, html);
        if (mine === running) { running = null; show(html, text); }
      } catch (error) {
        if (error.stopped || mine !== running) return;
        running = null;
        fail(error);
      }
    };
    const step = (key) => {
      const all = options();
      if (all.length) mark(all[(all.indexOf(active) + (key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    };
    /* Enter and the arrows act on the answer to what stands in the box; when it is still to come, they wait for it. */
    const act = (key) => {
      const text = input.value.trim();
      if (!text && key === "Enter") { empty(); return; }
      if (shownFor === text && !list.hidden) { if (key !== "Enter") step(key); else if (active) take(active); return; }
      entered = key;
      held.wait();
      search();
    };

    input.addEventListener("input", (event) => {
      if (event.isTrusted) held.drop();
      typed();
      entered = "";
      clearTimeout(timer);
      timer = setTimeout(search, 120);
    });
    input.addEventListener("focus", () => { if (minimum === 0 && !input.value) search(); });
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (input.value.trim() || !list.hidden) act(event.key); else search();
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation();
        act("Enter");
      } else if (event.key === "Escape") { entered = ""; if (!list.hidden) { event.stopPropagation(); close(); } }
      else if (event.key === "Tab" && tab && active && shownFor === input.value.trim()) { event.preventDefault(); take(active); }
      else if (event.key === "Backspace" && !input.value) root.dispatchEvent(new CustomEvent("combo:back"));
    });
    list.addEventListener("mousedown", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) { event.preventDefault(); take(option); }
    });
    return { root, input, enter: () => { input.focus(); act("Enter"); }, clear: () => { input.value = ""; close(); shownFor = null; } };
  };

  Object.assign(window.laras, { ahead, combo, ask, token, touched });
})();
