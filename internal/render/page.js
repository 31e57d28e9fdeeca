"use strict";
// Filters the clients as one types. Everything it needs is in the page already: without it
// the page shows all clients, closed.
(() => {
  const $ = id => document.getElementById(id);
  const query = $("q"), tool = $("tool"), shown = $("shown"), open = $("open");
  const chips = [...document.querySelectorAll(".chip")];
  const text = el => el.textContent.toLowerCase();
  // One entry a client: reading text from the document at each key would be too slow.
  const clients = [...document.querySelectorAll(".client")].map(el => {
    const rules = [...el.querySelectorAll(".rule")].map(el => ({ el, severity: el.dataset.severity, text: text(el) }));
    return { el, tool: el.dataset.tool, text: text(el), rules, severities: rules.length ? rules.map(r => r.severity) : ["none"] };
  });
  const show = (el, yes) => { if (el.hidden === yes) el.hidden = !yes; };
  const number = n => n.toLocaleString("en");

  function filter() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(chips.filter(c => c.getAttribute("aria-pressed") === "true").map(c => c.dataset.severity));
    const has = s => words.every(w => s.includes(w));
    const wanted = s => !severities.size || severities.has(s);
    let n = 0;
    for (const c of clients) {
      const yes = (!tool.value || tool.value === c.tool) && c.severities.some(wanted) && has(c.text);
      show(c.el, yes);
      if (!yes) continue;
      n++;
      // Findings are narrowed down as well, unless the words matched something else.
      const some = c.rules.some(r => wanted(r.severity) && has(r.text));
      for (const r of c.rules) show(r.el, wanted(r.severity) && (!some || has(r.text)));
    }
    shown.textContent = n === clients.length ? "" : n ? number(n) + " of " + number(clients.length) + " clients" : "No client matches. Clear the filter to see all.";
    label();
  }

  const visible = () => clients.filter(c => !c.el.hidden);
  const label = () => { open.textContent = visible().some(c => !c.el.open) ? "Open all" : "Close all"; };

  function clear() {
    query.value = tool.value = "";
    for (const c of chips) c.setAttribute("aria-pressed", "false");
    filter();
    query.focus();
  }

  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.classList.contains("client")) return;
    if (target.hidden) clear();
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus();
  }

  // In a large page a finding's why and remedy are in the list of rules only, until its
  // client is opened.
  function explain(e) {
    if (!e.target.open) return;
    for (const r of e.target.querySelectorAll(".rule[data-rule]")) {
      const rule = document.querySelector("#rule-" + CSS.escape(r.dataset.rule) + " .text");
      if (rule) r.querySelector("p").prepend(rule.cloneNode(true), " ");
      delete r.dataset.rule;
    }
  }

  document.addEventListener("toggle", explain, true);
  query.addEventListener("input", filter);
  tool.addEventListener("change", filter);
  $("clear").addEventListener("click", clear);
  open.addEventListener("click", () => {
    const to = open.textContent === "Open all";
    for (const c of visible()) c.el.open = to;
    label();
  });
  for (const c of chips) c.addEventListener("click", () => {
    c.setAttribute("aria-pressed", c.getAttribute("aria-pressed") === "true" ? "false" : "true");
    filter();
  });
  for (const b of document.querySelectorAll(".pick")) b.addEventListener("click", () => {
    query.value = b.dataset.rule;
    filter();
    $("clients").scrollIntoView();
    query.focus();
  });
  document.addEventListener("keydown", e => {
    if (e.key === "/" && !e.ctrlKey && !e.metaKey && !/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) {
      e.preventDefault();
      query.focus();
    } else if (e.key === "Escape" && document.activeElement === query) clear();
  });
  let closed = [];
  addEventListener("beforeprint", () => { closed = visible().filter(c => !c.el.open); for (const c of closed) c.el.open = true; });
  addEventListener("afterprint", () => { for (const c of closed) c.el.open = false; });
  addEventListener("hashchange", follow);

  document.querySelector(".tools").hidden = false;
  for (const b of document.querySelectorAll("button:disabled")) b.disabled = false;
  follow();
})();
