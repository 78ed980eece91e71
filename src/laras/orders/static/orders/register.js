/* Registering by keyboard: search boxes with lists, chips of tests, a plan that follows. Everything works through the server;
   this only carries keys and places answers. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-register]");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
  const ask = async (url, data, signal) => {
    const answer = await fetch(url, {
      method: "POST", body: new URLSearchParams(data), signal, credentials: "same-origin",
      headers: { "X-CSRFToken": token(), "HX-Request": "true" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  };
  // The draft of the page is kept from these events.
  const touched = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));
  const kind = () => (form.elements.kind ? form.elements.kind.value : form.dataset.kind);

  /* --- A search box with a list --- */
  const combo = (name, { minimum = 2, extra = () => ({}), choose, empty = () => {}, typed = () => {} }) => {
    const root = form.querySelector(`[data-combo="${name}"]`);
    if (!root) return null;
    const input = root.querySelector("[role=combobox]");
    const list = root.querySelector("[role=listbox]");
    let timer = 0, running = null, shownFor = null, active = null, enter = false;

    const close = () => { list.hidden = true; active = null; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const options = () => [...list.querySelectorAll("[role=option]")];
    const mark = (option) => {
      for (const other of options()) other.setAttribute("aria-selected", String(other === option));
      active = option || null;
      if (option) { input.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    };
    const show = (html, text) => {
      list.innerHTML = html;
      options().forEach((option, at) => { option.id = `${input.id}_${at}`; });
      shownFor = text;
      list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(list.querySelector("[data-auto]"));
      if (enter) { enter = false; if (active) take(active); }
    };
    const search = async () => {
      clearTimeout(timer);
      const text = input.value.trim();
      if (running) running.abort();
      if (text.length < minimum) { close(); shownFor = null; return; }
      const mine = running = new AbortController();
      try {
        const html = await ask(root.dataset.url, { q: text, kind: kind(), ...extra() }, mine.signal);
        if (mine === running && input.value.trim() === text) show(html, text);
      } catch (error) {
        if (error.name === "AbortError") return;
        enter = false;
        list.textContent = "";
        const line = document.createElement("li");
        line.className = "note none";
        line.textContent = form.dataset.tFailed;
        list.append(line);
        list.hidden = false;
      }
    };
    const take = (option) => { close(); shownFor = null; enter = false; choose(option); };

    input.addEventListener("input", () => { typed(); enter = false; clearTimeout(timer); timer = setTimeout(search, 120); });
    input.addEventListener("focus", () => { if (minimum === 0 && !input.value) search(); });
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const all = options();
        if (list.hidden) { search(); return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(all[(all.indexOf(active) + step + all.length) % all.length]);
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation();
        const text = input.value.trim();
        if (!text) empty();
        else if (shownFor === text && !list.hidden) { if (active) take(active); }
        // A scanner or a fast typist is ahead of the answer: it is taken when it comes.
        else { enter = true; search(); }
      } else if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
      else if (event.key === "Tab" && active && shownFor === input.value.trim() && name !== "patient") { const option = active; event.preventDefault(); take(option); }
      else if (event.key === "Backspace" && !input.value) root.dispatchEvent(new CustomEvent("combo:back"));
    });
    list.addEventListener("mousedown", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) { event.preventDefault(); take(option); }
    });
    return { root, input, clear: () => { input.value = ""; close(); shownFor = null; } };
  };

  /* --- Tests --- */
  const codesField = byId("id_codes");
  const codes = () => codesField.value.split(/[\s,;]+/).filter(Boolean);
  let planning = null;
  const refresh = async () => {
    if (planning) planning.abort();
    const mine = planning = new AbortController();
    try {
      const html = await ask(form.dataset.plan, { codes: codesField.value, kind: kind(), points: form.elements.points?.value || "" }, mine.signal);
      if (mine !== planning) return;
      const answer = new DOMParser().parseFromString(html, "text/html");
      for (const id of ["chosen", "plan"]) byId(id).replaceChildren(...answer.getElementById(id).childNodes);
    } catch { /* the chips stand; the server says the rest when it is saved */ }
  };
  const setCodes = (list) => { codesField.value = [...new Set(list)].join(" "); touched(codesField); refresh(); };
  const add = (code, name) => {
    if (codes().includes(code)) { window.laras?.say(`${name || code} ${form.dataset.tChosen}`); return; }
    const chip = document.createElement("li");
    chip.className = "pick-chip new";
    chip.textContent = name || code;
    byId("chosen").append(chip);
    setCodes([...codes(), code]);
  };
  const remove = (code) => setCodes(codes().filter((other) => other.toUpperCase() !== code.toUpperCase()));

  const tests = combo("tests", {
    minimum: 1,
    choose: (option) => { add(option.dataset.value, option.dataset.name); tests.clear(); tests.input.focus(); },
    empty: () => { if (codes().length) byId("save").focus(); },
  });
  tests?.root.addEventListener("combo:back", () => { const all = codes(); if (all.length) remove(all[all.length - 1]); });

  /* --- The patient --- */
  const patientField = byId("id_patient");
  const isNew = byId("id_is_new");
  const newPatient = byId("new-patient");
  const card = byId("patient-card");
  const showPatient = async () => {
    if (!patientField) return;
    const chosen = patientField.value && !isNew.checked;
    newPatient.hidden = !isNew.checked;
    patients.root.hidden = Boolean(chosen || isNew.checked);
    if (!chosen) { card.replaceChildren(); return; }
    try { card.innerHTML = await ask(form.dataset.card, { patient: patientField.value }); } catch { card.replaceChildren(); }
    if (!card.children.length) { patientField.value = ""; patients.root.hidden = false; }
  };
  const usePatient = (id) => {
    patientField.value = id;
    isNew.checked = false;
    touched(patientField);
    showPatient();
    tests.input.focus();
  };
  const openNew = ({ nik, name }) => {
    patientField.value = "";
    isNew.checked = true;
    touched(isNew);
    showPatient();
    const nikField = byId("id_nik"), nameField = byId("id_full_name");
    if (name) nameField.value = name.replace(/\S+/g, (word) => (word === word.toLowerCase() ? word[0].toUpperCase() + word.slice(1) : word));
    if (nik) { nikField.value = nik; touched(nikField); nameField.focus(); } else nikField.focus();
    touched(nameField);
  };
  const patients = combo("patient", {
    choose: (option) => {
      patients.clear();
      if ("new" in option.dataset) openNew(option.dataset); else usePatient(option.dataset.value);
    },
    empty: () => tests.input.focus(),
  });
  const searchAgain = () => {
    patientField.value = "";
    isNew.checked = false;
    touched(patientField);
    showPatient();
    patients.input.focus();
  };

  /* --- Sender and site --- */
  const pick = (name, field, then = () => {}) => {
    const box = combo(name, {
      minimum: name === "site" ? 0 : 1,
      choose: (option) => {
        const made = "new" in option.dataset;
        field.value = made ? "" : option.dataset.value;
        box.input.value = option.dataset.name;
        touched(field);
        then(made ? option.dataset.name : null);
      },
      // What was chosen holds only as long as its name stands there.
      typed: () => { if (field.value) { field.value = ""; touched(field); then(null, true); } },
      empty: () => next(box.input),
    });
    return box;
  };
  const clientField = byId("id_client");
  if (clientField) pick("client", clientField, (_name, typing) => { if (!typing) byId("id_requester")?.focus(); });
  const siteField = byId("id_site");
  const newSite = byId("new-site");
  if (siteField) {
    pick("site", siteField, (name, typing) => {
      newSite.hidden = Boolean(siteField.value);
      if (typing) return;
      if (name) { byId("id_site_name").value = name; touched(byId("id_site_name")); byId("id_site_kind").focus(); }
      else byId("id_matrix").focus();
    });
    newSite.hidden = Boolean(siteField.value);
  }

  /* --- Limits: a matrix narrows them, one of them brings its parameters --- */
  const standard = byId("id_standard");
  const matrix = byId("id_matrix");
  const narrow = () => {
    for (const option of standard.options) {
      option.hidden = Boolean(matrix.value && option.dataset.matrix && option.dataset.matrix !== matrix.value);
      if (option.hidden && option.selected) standard.value = "";
    }
  };
  const bringStandard = async () => {
    if (!standard.value) return;
    try {
      const found = (await ask(form.dataset.standard, { standard: standard.value })).split(" ").filter(Boolean);
      setCodes([...codes(), ...found]);
    } catch { /* nothing was chosen; the button can be pressed again */ }
  };
  if (standard) {
    matrix.addEventListener("change", narrow);
    standard.addEventListener("change", () => {
      const chosen = standard.selectedOptions[0];
      if (chosen?.dataset.matrix) { matrix.value = chosen.dataset.matrix; narrow(); }
      if (!codes().length) bringStandard();
    });
    form.querySelector("[data-use-standard]")?.addEventListener("click", bringStandard);
    form.elements.points?.addEventListener("change", refresh);
    form.elements.kind?.addEventListener("change", refresh);
    narrow();
  }
  const locate = byId("locate");
  if (locate && navigator.geolocation && window.isSecureContext) {
    locate.hidden = false;
    locate.addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords }) => {
      for (const [name, value] of [["latitude", coords.latitude], ["longitude", coords.longitude]]) {
        const field = byId(`id_site_${name}`);
        field.value = value.toFixed(6).replace(".", ",");
        touched(field);
      }
    }));
  }

  /* --- Taken already --- */
  const collected = byId("id_collected");
  const collection = byId("collection");
  const showCollection = () => { collection.hidden = !collected.checked; };
  collected?.addEventListener("change", showCollection);

  /* --- Keys: Enter goes on to what is still empty, never sends by accident --- */
  const visible = (field) => field.offsetParent !== null && field.tabIndex >= 0 && !field.disabled;
  const filled = (field) => {
    if (field.type === "radio") return [...form.querySelectorAll(`[name="${field.name}"]`)].some((other) => other.checked);
    if (field.id === "id_no_nik_reason") return Boolean(field.value || byId("id_nik").value);
    return Boolean(field.value) && field.type !== "checkbox";
  };
  const next = (field) => {
    const inside = newPatient && newPatient.contains(field);
    const all = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button:not([type=button])")].filter(visible);
    const later = all.slice(all.indexOf(field) + 1);
    // In the patient's block what the NIK filled is passed over, and so is what may stay empty.
    const wanted = inside
      ? later.find((other) => newPatient.contains(other) && ["nik", "full_name", "no_nik_reason", "birth_date", "sex"].includes(other.name) && !filled(other)) || tests?.input
      : later.find((other) => other.type !== "radio" || other.name !== field.name);
    (wanted || byId("save")).focus();
  };
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (field.type === "radio" && field.name === "sex" && /^[lpu]$/i.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const radio = form.querySelector(`[name="sex"][value="${event.key.toUpperCase()}"]`);
      if (radio) { event.preventDefault(); radio.checked = true; radio.focus(); radio.dispatchEvent(new Event("change", { bubbles: true })); }
    }
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    if (field.matches("textarea, button, a, summary")) return;
    event.preventDefault();
    next(field);
  });

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    let found;
    if ((found = hit("[data-add]"))) { add(found.dataset.add, found.textContent.trim()); tests.input.focus(); }
    if ((found = hit("[data-remove]"))) { remove(found.dataset.remove); tests.input.focus(); }
    if (hit("[data-change-patient]")) searchAgain();
    if ((found = hit("[data-use-patient]"))) usePatient(found.dataset.usePatient);
  });

  form.addEventListener("laras:draft", () => { showPatient(); refresh(); if (collected) showCollection(); if (newSite) newSite.hidden = Boolean(siteField.value); });
  if (collected) showCollection();
})();
