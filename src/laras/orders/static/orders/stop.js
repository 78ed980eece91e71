/* At a point: "now" in one press, and the reason for an empty bottle only where a bottle stays empty. */
(() => {
  "use strict";
  const now = (zone) => {
    const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).format(new Date());
    return parts.replace(" ", "T");
  };
  const start = (form) => {
    if (form.dataset.ready) return;
    form.dataset.ready = "1";
    for (const button of form.querySelectorAll("[data-now]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const field = document.getElementById(button.dataset.now);
        field.value = now(form.dataset.zone);
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
    const show = () => {
      for (const group of form.querySelectorAll(".bottle")) {
        const box = group.querySelector("input[type=checkbox]");
        const reason = group.querySelector("[data-missed]");
        reason.hidden = box.checked && !reason.querySelector("input").value;
      }
    };
    form.addEventListener("change", show);
    form.addEventListener("laras:draft", show);
    show();
  };
  const all = () => document.querySelectorAll("form[data-stop]").forEach(start);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:afterSwap", all);
})();
