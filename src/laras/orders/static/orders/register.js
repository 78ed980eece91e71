/* Registering by keyboard: the patient, chips of tests, a plan that follows. Everything works through the server; this only
   carries keys and places answers. What was typed stays on the page until the server has said that it is saved. */
(() => {
  "use strict";
  const { ahead, combo, ask, token, touched } = window.laras;
  const byId = (id) => document.getElementById(id);

  const start = (form) => {
    const kind = () => (form.elements.kind ? form.elements.kind.value : form.dataset.kind);

    /* --- Enter goes on to what is still empty, never sends by accident --- */
    const newPatient = byId("new-patient");
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
    const held = ahead(form, { next });

    /* --- Tests --- */
    const codesField = byId("id_codes");
    const codes = () => codesField.value.split(/[\s,;]+/).filter(Boolean);
    let planning = null, later = 0;
    const refresh = async () => {
      clearTimeout(later);
      if (planning) planning.abort();
      const mine = planning = new AbortController();
      try {
        const html = await ask(form, form.dataset.plan, { codes: codesField.value, kind: kind(), points: form.elements.points?.value || "" }, mine);
        if (mine !== planning) return;
        const answer = new DOMParser().parseFromString(html, "text/html");
        for (const id of ["chosen", "plan"]) byId(id).replaceChildren(...answer.getElementById(id).childNodes);
        byId("plan").classList.remove("stale");
      } catch (error) {
        // The chips stand; the amounts are shown as old until the server answers again.
        if (error.stopped || mine !== planning || !form.isConnected) return;
        byId("plan").classList.add("stale");
        later = setTimeout(refresh, 4000);
      }
    };
    const setCodes = (list) => { codesField.value = [...new Set(list)].join(" "); touched(codesField); refresh(); };
    const add = (code, name) => {
      if (codes().includes(code)) { window.laras.say(`${name || code} ${form.dataset.tChosen}`); return; }
      const chip = document.createElement("li");
      chip.className = "pick-chip new";
      chip.textContent = name || code;
      byId("chosen").append(chip);
      setCodes([...codes(), code]);
    };
    const remove = (code) => {
      for (const button of form.querySelectorAll("[data-remove]")) if (button.dataset.remove === code) button.closest("li").remove();
      setCodes(codes().filter((other) => other.toUpperCase() !== code.toUpperCase()));
    };
    const tests = combo(form, held, "tests", {
      minimum: 1,
      keep: true,
      data: () => ({ kind: kind() }),
      choose: (option) => { add(option.dataset.value, option.dataset.name); tests.clear(); tests.input.focus(); },
      empty: () => { if (codes().length) byId("save").focus(); },
    });
    tests?.root.addEventListener("combo:back", () => { const all = codes(); if (all.length) remove(all[all.length - 1]); });

    /* --- The patient --- */
    const patientField = byId("id_patient");
    const isNew = byId("id_is_new");
    const card = byId("patient-card");
    let showing = 0;
    const showPatient = async (name) => {
      if (!patientField) return;
      const mine = ++showing;
      const chosen = Boolean(patientField.value && !isNew.checked);
      newPatient.hidden = !isNew.checked;
      patients.root.hidden = chosen || isNew.checked;
      if (!chosen) { card.replaceChildren(); return; }
      // Until the server tells the rest, the name stands there: who was chosen is never in doubt.
      if (name) card.replaceChildren(Object.assign(document.createElement("p"), { className: "who", textContent: name }));
      try {
        const html = await ask(form, form.dataset.card, { patient: patientField.value });
        if (mine !== showing) return;
        card.innerHTML = html;
        if (!card.children.length) { patientField.value = ""; patients.root.hidden = false; }
      } catch {
        if (mine === showing && form.isConnected && !card.querySelector("[data-change-patient]")) setTimeout(() => { if (mine === showing) showPatient(name); }, 4000);
      }
    };
    const usePatient = (id, name) => {
      patientField.value = id;
      isNew.checked = false;
      touched(patientField);
      showPatient(name);
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
    const patients = combo(form, held, "patient", {
      tab: false,
      choose: (option) => {
        const name = option.querySelector("b")?.textContent;
        patients.clear();
        if ("new" in option.dataset) openNew(option.dataset); else usePatient(option.dataset.value, name);
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
    /* A NIK tells the day of birth and the sex: filled in at once, so that Enter never waits for the line. The server reads it too,
       warns, and refuses what differs. */
    const told = { born: "", radio: null };
    byId("id_nik")?.addEventListener("input", ({ target }) => {
      const [, dd, mm, yy] = target.value.replace(/[\s.-]/g, "").match(/^\d{6}(\d\d)(\d\d)(\d\d)\d{4}$/) || [];
      if (!dd) return;
      const woman = Number(dd) > 40;
      const day = String(Number(dd) - (woman ? 40 : 0)).padStart(2, "0");
      const born = [`20${yy}-${mm}-${day}`, `19${yy}-${mm}-${day}`].find((text) => {
        const date = new Date(`${text}T00:00:00Z`);
        return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && date <= new Date();
      });
      const date = byId("id_birth_date");
      const radio = form.querySelector(`[name="sex"][value="${woman ? "P" : "L"}"]`);
      // What a mistyped NIK filled in gives way to what the corrected one says; what a person typed stays.
      if (born && (!date.value || date.value === told.born)) { date.value = told.born = born; touched(date); }
      if (born && radio && (!filled(radio) || told.radio?.checked)) { radio.checked = true; told.radio = radio; touched(radio); }
    });

    /* --- Sender and site --- */
    const pick = (name, field, then = () => {}) => {
      const box = combo(form, held, name, {
        minimum: name === "site" ? 0 : 1,
        data: () => ({ kind: kind() }),
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
        const found = (await ask(form, form.dataset.standard, { standard: standard.value })).split(" ").filter(Boolean);
        setCodes([...codes(), ...found]);
      } catch { window.laras.say(form.dataset.tFailed); }
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

    /* --- A programme brings what it asks for of this person; another choice takes it away again --- */
    const programme = byId("id_programme");
    let brought = [];
    const bringProgramme = async () => {
      const place = byId("proposal");
      const before = codes().filter((code) => !brought.includes(code));
      if (!programme.value) { place.replaceChildren(); if (brought.length) { brought = []; setCodes(before); } return; }
      const said = [...place.querySelectorAll("[name=said]:checked")].map((box) => box.value).join(";");
      const sex = form.querySelector("[name=sex]:checked")?.value || "";
      const fresh = isNew.checked;
      const values = { programme: programme.value, patient: fresh ? "" : patientField.value, said, sex: fresh ? sex : "", birth_date: (fresh && byId("id_birth_date")?.value) || "" };
      try {
        const html = await ask(form, form.dataset.proposal, values);
        if (values.programme !== programme.value) return;
        place.innerHTML = html;
        const found = place.querySelector("[data-codes]");
        if (!found) return;
        brought = found.dataset.codes.split(" ").filter((code) => code && !before.includes(code));
        setCodes([...before, ...brought]);
        for (const name of ["payer", "purpose"]) if (!values.said && form.elements[name] && found.dataset[name]) form.elements[name].value = found.dataset[name];
      } catch (error) { if (!error.stopped) window.laras.say(form.dataset.tFailed); }
    };
    if (programme) {
      programme.addEventListener("change", () => { byId("proposal").replaceChildren(); bringProgramme(); });
      byId("proposal").addEventListener("change", bringProgramme);
      const again = () => { if (programme.value) bringProgramme(); };
      patientField.addEventListener("input", again);
      newPatient.addEventListener("change", (event) => { if (["birth_date", "sex", "nik"].includes(event.target.name)) again(); });
      if (programme.value && !codes().length) bringProgramme();
    }

    /* --- Taken already --- */
    const collected = byId("id_collected");
    const collection = byId("collection");
    const showCollection = () => { collection.hidden = !collected.checked; };
    collected?.addEventListener("change", showCollection);

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
    form.closest("#register").addEventListener("click", (event) => {
      const hit = (selector) => event.target.closest(selector);
      let found;
      if ((found = hit("[data-add]"))) { add(found.dataset.add, found.textContent.trim()); tests.input.focus(); }
      if ((found = hit("[data-remove]"))) { remove(found.dataset.remove); tests.input.focus(); }
      if (hit("[data-change-patient]")) searchAgain();
      if ((found = hit("[data-use-patient]"))) usePatient(found.dataset.usePatient);
    });

    /* --- Sending --- */
    // What still stands in a search box was meant: it is taken first, and the form is sent when that is done.
    const unfinished = () => [patients && !patients.root.hidden ? patients : null, tests].find((box) => box && box.input.value.trim());
    window.addEventListener("submit", (event) => {
      if (event.target !== form) return;
      const box = held.waiting ? null : unfinished();
      if (!held.waiting && !box) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      held.add("Enter", true);
      if (!box) return;
      box.enter();
      if (held.waiting) return;
      if (unfinished()) held.drop(); else held.go();
    }, true);
    // The key of a sending that got no answer stays with the draft: after a reload the same order is not made twice.
    const keyName = `draft:${document.documentElement.dataset.user}:${location.pathname}:${form.dataset.draft}:kunci`;
    const formKey = form.elements.form_key;
    const store = (act) => { try { return act(sessionStorage); } catch { return null; } };
    form.addEventListener("htmx:configRequest", (event) => {
      if (event.target !== form) return;
      event.detail.headers["X-CSRFToken"] = token(form);
      event.detail.parameters.set("csrfmiddlewaretoken", token(form));
      store((kept) => kept.setItem(keyName, formKey.value));
    });
    form.addEventListener("htmx:afterRequest", (event) => {
      if (event.target === form && event.detail.xhr?.status) store((kept) => kept.removeItem(keyName));
    });
    form.addEventListener("laras:draft", () => {
      const kept = store((all) => all.getItem(keyName));
      if (kept) formKey.value = kept;
      showPatient();
      refresh();
      if (collected) showCollection();
      if (newSite) newSite.hidden = Boolean(siteField.value);
    });
    if (collected) showCollection();
  };

  const begin = () => {
    const form = document.querySelector("form[data-register]:not([data-started])");
    if (!form) return false;
    form.dataset.started = "1";
    start(form);
    return true;
  };
  begin();
  // A refusal puts a new form in the place of the old one.
  document.addEventListener("htmx:afterSwap", () => { if (begin()) document.querySelector("#register .error-summary")?.focus(); });
})();
