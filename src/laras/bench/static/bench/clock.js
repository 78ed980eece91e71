/* Counts down to the moment until which a critical value must be told. Without script the moment itself stands there. */
(() => {
  "use strict";
  const clocks = [...document.querySelectorAll("[data-due]")];
  if (!clocks.length) return;
  const [hour, minute] = document.documentElement.lang === "en" ? ["h", "min"] : ["jam", "mnt"];
  const tick = () => {
    for (const clock of clocks) {
      const left = Math.round((new Date(clock.dataset.due) - Date.now()) / 60000);
      const minutes = Math.abs(left);
      const span = minutes < 120 ? `${minutes} ${minute}` : `${Math.floor(minutes / 60)} ${hour} ${minutes % 60} ${minute}`;
      const words = `${left < 0 ? clock.dataset.tOver : clock.dataset.tLeft} ${span}`;
      if (clock.textContent !== words) clock.textContent = words;
      clock.classList.toggle("critical", left < 0);
    }
  };
  tick();
  setInterval(tick, 5000);
})();
