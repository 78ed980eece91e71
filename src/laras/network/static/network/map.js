// Maps of areas: what is pointed at or focused is said below the map, and arrow keys walk to the neighbour, so that a map is one stop
// of the Tab key. Without this script every area is a link with a title.
(() => {
  "use strict";
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const middle = (one) => {
    const box = one.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const nearest = (links, from, [wx, wy]) => {
    const [fx, fy] = middle(from);
    let best = null, least = Infinity;
    for (const one of links) {
      if (one === from) continue;
      const [x, y] = middle(one);
      const along = (x - fx) * wx + (y - fy) * wy;
      const aside = Math.abs((x - fx) * wy) + Math.abs((y - fy) * wx);
      if (along > 1 && along + 2 * aside < least) { least = along + 2 * aside; best = one; }
    }
    return best;
  };
  const dress = (map) => {
    const said = map.querySelector("[data-map-said]"), begin = said ? said.textContent : "";
    for (const group of map.querySelectorAll(".areas, .marks")) {
      const links = [...group.querySelectorAll("a")];
      links.forEach((one, at) => one.setAttribute("tabindex", at ? "-1" : "0"));
      group.addEventListener("keydown", (event) => {
        const from = event.target.closest("a"), way = WAYS[event.key];
        if (!from || !way || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        const next = nearest(links, from, way);
        if (!next) return;
        from.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      });
    }
    if (!said) return;
    const tell = (event) => {
      const one = event.target.closest("a, g");
      const title = one && one.querySelector(":scope > title");
      said.textContent = title ? title.textContent : begin;
    };
    map.addEventListener("pointerover", tell);
    map.addEventListener("focusin", tell);
  };
  const all = (root) => { for (const map of root.querySelectorAll("[data-map]")) { if (!map.dataset.ready) { map.dataset.ready = "1"; dress(map); } } };
  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:load", (event) => all(event.target));
})();
