import { el, word, announce, refusal, icon } from "./dom.js";
import { readEvents } from "./events.js";
import { openViewer } from "./viewer.js";

const page = document.querySelector(".ask");
const form = document.getElementById("ask");
const question = document.getElementById("question");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const answers = document.getElementById("answers");
const sources = document.getElementById("sources");
const hint = document.getElementById("sources-hint");
const scopeText = document.getElementById("scope-text");
const language = page.dataset.language;
let running = null;

form.addEventListener("submit", event => { event.preventDefault(); ask(); });
stop.addEventListener("click", () => running?.abort());
question.addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); ask(); }
});
for (const box of form.querySelectorAll("input[name=matter]")) box.addEventListener("change", showScope);
const scopeBox = form.querySelector("details.scope");
document.addEventListener("click", event => { if (!scopeBox.contains(event.target)) scopeBox.open = false; });
scopeBox.addEventListener("keydown", event => { if (event.key === "Escape") { scopeBox.open = false; scopeBox.querySelector("summary").focus(); } });
showScope();

function chosen() {
  const boxes = [...form.querySelectorAll("input[name=matter]")];
  const on = boxes.filter(b => b.checked);
  return on.length === boxes.length ? null : on;
}

function showScope() {
  const on = chosen();
  if (on === null) scopeText.textContent = scopeText.dataset.all;
  else if (on.length === 1) scopeText.textContent = on[0].parentElement.textContent.trim();
  else scopeText.textContent = word("ask.scope_count", on.length);
  send.disabled = running !== null || (on !== null && on.length === 0) || form.querySelector("input[name=matter]") === null;
}

async function ask() {
  const text = question.value.trim();
  if (running || send.disabled) return;
  if (!text) { announce(word("ask.empty")); question.focus(); return; }
  running = new AbortController();
  send.disabled = true;
  stop.hidden = false;
  const answer = newAnswer(text);
  answers.prepend(answer.article);
  sources.replaceChildren();
  hint.hidden = true;
  announce(word("ask.working"));
  try {
    const matters = chosen()?.map(b => b.value) ?? null;
    const response = await fetch("/api/answers", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ text, mode: document.getElementById("mode").value, matters }),
      signal: running.signal,
    });
    if (!response.ok) {
      if (response.status === 503 && (await response.clone().json().catch(() => null))?.type === "urn:rag:audit-unavailable") {
        answer.fail(word("ask.unavailable_title"), word("ask.unavailable"));
      } else answer.fail(await refusal(response));
      return;
    }
    await readEvents(response, (name, data) => answer.take(name, data));
    answer.closed();
  } catch (error) {
    if (error.name === "AbortError") answer.stopped();
    else answer.fail(word("offline"));
  } finally {
    running = null;
    stop.hidden = true;
    showScope();
    question.focus({ preventScroll: true });
    question.select();
  }
}

/** One question with its answer; `take` receives the stream's events in order. */
function newAnswer(text) {
  const status = el("p", { class: "working" }, el("span", { class: "spinner", "aria-hidden": "true" }), word("ask.working"));
  const body = el("div", { class: "answer-body" }, status);
  const article = el("article", { class: "answer" }, el("h2", {}, text), body);
  let request = null;
  let citations = [];
  let summary = null;
  let isOver = false;

  const copyText = [text, ""];

  const handlers = {
    started(data) { request = data.request; article.lang = data.language; },

    quotations(data) {
      citations = data.quotations;
      status.replaceChildren(el("span", { class: "spinner", "aria-hidden": "true" }), word("ask.generating"));
      status.lang = language;
      const list = el("ol", { class: "quotations" });
      copyText.push(data.heading);
      for (const c of citations) {
        list.append(el("li", {},
          el("blockquote", {}, c.quote, " ", reference(c)),
          el("p", { class: "cite", lang: language }, state("check", "quotation", word("ask.quotation")), el("span", {}, `${c.documentName}, ${word("ask.page", c.page)}`))));
        copyText.push(`“${c.quote}” [${c.number}]`);
      }
      body.insertBefore(el("p", { class: "heading" }, data.heading), status);
      body.insertBefore(list, status);
      showSources(citations);
      announce(`${data.heading} ${citations.map(c => c.quote).join(" ")}`);
    },

    declined(data) {
      citations = data.nearest;
      copyText.push(data.wording);
      body.insertBefore(el("div", { class: "declined" },
        el("p", { class: "declined-title", lang: language }, icon("none"), word("ask.not_in_documents")), el("p", {}, data.wording)), status);
      if (citations.length > 0) {
        const list = el("ol", { class: "nearest", "aria-label": word("ask.nearest") });
        for (const c of citations) list.append(el("li", {}, el("p", {}, excerpt(c.quote || c.passage), " ", reference(c)), el("p", { class: "cite" }, `${c.documentName}, ${word("ask.page", c.page)}`)));
        body.insertBefore(list, status);
      }
      showSources(citations);
      announce(data.wording);
    },

    sentence(data) {
      if (!summary) {
        summary = el("div", { class: "summary" });
        body.insertBefore(el("p", { class: "heading", lang: language }, word("ask.summary")), status);
        body.insertBefore(summary, status);
        copyText.push("");
      }
      const isVerified = data.state === "verified";
      const cited = data.citations.map(n => citations.find(c => c.number === n)).filter(Boolean);
      summary.append(el("p", { class: `sentence ${data.state}` }, data.text, " ", ...cited.map(reference),
        state(isVerified ? "check" : "approx", data.state, word(`ask.${data.state}`), word(`ask.${data.state}_long`))));
      copyText.push(`${data.text} ${data.citations.map(n => `[${n}]`).join("")}`);
      announce(`${data.text} (${word(`ask.${data.state}`)})`);
    },

    final(data) {
      isOver = true;
      status.remove();
      const why = withheld(data.generated);
      if (why) body.append(el("p", { class: "withheld", lang: language }, why));
      body.append(receiptLine(data));
      announce(word("ask.complete"));
    },

    audit_abort(data) {
      isOver = true;
      api.fail(word("ask.void_title"), word("ask.void"));
      article.classList.add("void");
    },

    error() { isOver = true; api.fail(word("ask.broken")); },
  };

  const api = {
    article,
    take(name, data) { handlers[name]?.(data); },
    fail(title, detail) {
      isOver = true;
      status.remove();
      body.append(el("div", { class: "alert danger", role: "alert", lang: language }, el("p", { class: "alert-title" }, icon("warn"), title), detail ? el("p", {}, detail) : null));
    },
    stopped() { isOver = true; status.remove(); body.append(el("p", { class: "alert", lang: language }, word("ask.stopped"))); announce(word("ask.stopped")); },
    closed() { if (!isOver) api.fail(word("ask.broken")); },
  };

  function reference(c) {
    return el("button", { type: "button", class: "ref", title: `${c.documentName}, ${word("ask.page", c.page)}\n\n${c.quote || excerpt(c.passage)}`, "aria-label": `[${c.number}] ${word("ask.open", c.documentName, c.page)}`, onclick: () => open(c) }, `${c.number}`);
  }

  function open(c) {
    openViewer({ version: c.version, name: c.documentName, page: c.page, start: c.start, length: c.length, request });
  }

  function showSources(list) {
    sources.replaceChildren(...list.map(c => el("li", {}, el("button", { type: "button", class: "source", onclick: () => open(c), "aria-label": `[${c.number}] ${word("ask.open", c.documentName, c.page)}` },
      el("span", { class: "source-head" }, el("span", { class: "number" }, `${c.number}`), el("span", { class: "source-name" }, c.documentName), el("span", { class: "source-page" }, word("ask.page", c.page))),
      c.headingPath.length > 0 ? el("span", { class: "source-path" }, c.headingPath.join(" › ")) : null,
      el("span", { class: "source-passage" }, ...marked(c)),
      c.looksLikeInstruction ? el("span", { class: "source-warn" }, icon("warn"), word("ask.instruction")) : null))));
  }

  function receiptLine(data) {
    const r = data.receipt;
    const copied = el("span", { class: "copied", role: "status" });
    const copy = el("button", { type: "button", class: "quiet", onclick: async () => {
      const foot = citations.map(c => `[${c.number}] ${c.documentName}, ${word("ask.page", c.page)}${c.headingPath.length > 0 ? `, ${c.headingPath.join(" › ")}` : ""}`);
      await navigator.clipboard.writeText([...copyText, "", ...foot].join("\n"));
      copied.textContent = word("ask.copied");
    } }, icon("copy"), word("ask.copy"));
    const entry = word("ask.entry", r.seq);
    return el("footer", { class: "receipt", lang: language },
      el("span", { class: "receipt-text", title: r.leafHash }, icon("lock"), `${word("ask.recorded")}: `,
        page.dataset.officer === "yes" ? el("a", { href: `/audit?request=${encodeURIComponent(r.request)}`, title: word("ask.show_record") }, entry) : entry,
        " · ", el("code", {}, r.leafHash.slice(0, 12)),
        data.outputTokens > 0 ? ` · ${word("ask.tokens", data.outputTokens, Math.round(data.tokensPerSecond))}` : ""),
      copy, copied);
  }

  return api;
}

const state = (symbol, name, label, title) => el("span", { class: `state ${name}`, title: title ?? label }, icon(symbol), label);

const excerpt = text => text.length > 240 ? text.slice(0, 237) + "…" : text;

/** The passage with the quoted words emphasised; the passage alone where they do not stand in it word for word. */
function marked(c) {
  const at = c.quote ? c.passage.indexOf(c.quote) : -1;
  if (at < 0) return [excerpt(c.passage)];
  const before = c.passage.slice(Math.max(0, at - 120), at);
  const after = c.passage.slice(at + c.quote.length, at + c.quote.length + 120);
  return [(at > 120 ? "… " : "") + before, el("mark", {}, c.quote), after + (at + c.quote.length + 120 < c.passage.length ? " …" : "")];
}

/** "withheld (reason)" and "off (reason)" in the portal's language; null when a summary was shown or none was wanted. */
function withheld(generated) {
  if (generated.startsWith("withheld (no sentence")) return word("ask.withheld", word("ask.withheld.empty"));
  if (generated.startsWith("withheld (")) return word("ask.withheld", word("ask.withheld.unverified"));
  if (generated.startsWith("off (no model")) return word("ask.withheld", word("ask.off.none"));
  if (generated.startsWith("off (the model may not write")) return word("ask.withheld", word("ask.off.language"));
  return null;
}
