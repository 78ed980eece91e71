/* Compares a chosen PDF with the digest of the issued one. The file never leaves this device. */
(() => {
  "use strict";
  const box = document.querySelector("[data-verify]");
  if (!box) return;
  const file = box.querySelector("input[type=file]");
  const verdict = box.querySelector("[data-verdict]");
  let turn = 0;

  const tell = (words, tone) => {
    verdict.textContent = words;
    verdict.className = tone ? `notice ${tone}` : "";
  };

  file.addEventListener("change", async () => {
    const mine = (turn += 1);
    const chosen = file.files[0];
    if (!chosen) return tell("", "");
    if (!window.crypto || !window.crypto.subtle) return tell(box.dataset.insecure, "waiting");
    tell(box.dataset.working, "");
    try {
      const digest = await window.crypto.subtle.digest("SHA-256", await chosen.arrayBuffer());
      const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      if (mine !== turn) return undefined; // another file was chosen meanwhile
      return hex === box.dataset.verify ? tell(box.dataset.same, "done") : tell(box.dataset.other, "danger");
    } catch {
      return mine === turn ? tell(box.dataset.unreadable, "waiting") : undefined;
    }
  });
})();
