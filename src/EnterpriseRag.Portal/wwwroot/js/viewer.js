import { el, svg, word, refusal, icon } from "./dom.js";

/**
 * Opens a document at a page with a passage marked, in a modal dialog (focus stays inside, Escape closes, focus returns).
 * Every page that is fetched is one recorded view. `place`: { version, name, page, start, length, request }.
 */
export function openViewer(place) {
  const body = el("div", { class: "viewer-body", tabindex: "0" });
  const title = el("h2", { id: "viewer-title" }, place.name ?? "");
  const where = el("p", { class: "viewer-where", role: "status" });
  const record = el("p", { class: "viewer-record" });
  const previous = el("button", { type: "button", class: "secondary", "aria-label": word("viewer.previous"), onclick: () => show(page - 1) }, "‹");
  const next = el("button", { type: "button", class: "secondary", "aria-label": word("viewer.next"), onclick: () => show(page + 1) }, "›");
  const asImage = el("button", { type: "button", class: "secondary", "aria-pressed": "true", onclick: () => view("image") }, word("viewer.image"));
  const asText = el("button", { type: "button", class: "secondary", "aria-pressed": "false", onclick: () => view("text") }, word("viewer.text"));
  const kinds = el("div", { class: "viewer-kinds", role: "group", hidden: true }, asImage, asText);
  const close = el("button", { type: "button", class: "secondary", onclick: () => dialog.close() }, word("viewer.close"));
  const dialog = el("dialog", { class: "viewer", "aria-labelledby": "viewer-title", onclose: () => dialog.remove() },
    el("header", {}, title, el("div", { class: "viewer-tools" }, previous, where, next, kinds, close)), body, record);
  document.body.append(dialog);
  dialog.showModal();

  let page = place.page;
  let shown = "image";
  let content = null;
  show(page);

  async function show(number) {
    page = number;
    previous.disabled = next.disabled = true;
    body.setAttribute("aria-busy", "true");
    where.textContent = word("viewer.loading");
    const query = new URLSearchParams({ image: "true" });
    if (place.length > 0) { query.set("start", place.start); query.set("length", place.length); }
    if (place.request) query.set("request", place.request);
    let response;
    try { response = await fetch(`/api/documents/${place.version}/pages/${number}?${query}`); }
    catch { return fail(word("offline")); }
    if (!response.ok) return fail(await refusal(response));
    content = await response.json();
    body.removeAttribute("aria-busy");
    title.textContent = content.documentName;
    where.textContent = word("viewer.page_of", content.page, content.pageCount);
    if (content.marks.length > 0) where.append(el("span", { class: "hidden" }, " " + word("viewer.marked")));
    record.replaceChildren(icon("lock"), word("viewer.recorded", content.receipt.seq));
    previous.disabled = content.page <= 1;
    next.disabled = content.page >= content.pageCount;
    kinds.hidden = !content.image;
    view(content.image ? shown : "text");
  }

  function view(kind) {
    if (content.image) shown = kind;
    asImage.setAttribute("aria-pressed", String(kind === "image"));
    asText.setAttribute("aria-pressed", String(kind === "text"));
    const part = kind === "image" ? pageImage(content) : pageText(content);
    body.replaceChildren(part);
    body.scrollTop = 0;
    body.querySelector("mark, .mark")?.scrollIntoView({ block: "center" });
  }

  function fail(message) {
    body.removeAttribute("aria-busy");
    where.textContent = "";
    body.replaceChildren(el("p", { class: "alert danger", role: "alert" }, message));
  }
}

/** The page picture with the passage's rectangles over it, in points of the page. */
function pageImage(content) {
  const alt = word("viewer.image_alt", content.page, content.documentName);
  const rects = content.boxes.map(b => svg("rect", { class: "mark", x: b.x - 1, y: b.y - 1, width: b.width + 2, height: b.height + 2, rx: 1.5 }));
  return svg("svg", { class: "page-image", viewBox: `0 0 ${content.width} ${content.height}`, role: "img", "aria-label": alt },
    svg("image", { href: content.image, x: 0, y: 0, width: content.width, height: content.height }), ...rects);
}

function pageText(content) {
  const parts = [];
  let at = 0;
  for (const mark of content.marks) {
    parts.push(content.text.slice(at, mark.start), el("mark", {}, content.text.slice(mark.start, mark.start + mark.length)));
    at = mark.start + mark.length;
  }
  parts.push(content.text.slice(at));
  return el("div", { class: "page-text" }, ...parts);
}
