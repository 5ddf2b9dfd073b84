import { el, word, hasWord, announce, refusal, icon } from "./dom.js";
import { openViewer } from "./viewer.js";

const refreshMs = 1500;
const language = document.querySelector(".documents").dataset.language;
const rows = document.getElementById("rows");
const empty = document.getElementById("empty");
const filter = document.getElementById("filter");
const uploads = document.getElementById("uploads");
const drop = document.getElementById("drop");
const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const names = new Intl.DisplayNames([language], { type: "language" });
const moving = ["queued", "extracting", "embedding", "deleting"];
let documents = [];
let timer = null;
let drawn = "";

filter.addEventListener("input", draw);
refresh();

if (drop) {
  const files = document.getElementById("files");
  files.addEventListener("change", () => { take(files.files); files.value = ""; });
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", event => { event.preventDefault(); take(event.dataTransfer.files); });
}

/** One request a file, one after the other: each file has its own progress and its own outcome. */
async function take(list) {
  const matter = document.getElementById("matter").value;
  const waiting = [...list].map(file => ({ file, line: newLine(file.name) }));
  for (const { file, line } of waiting) await upload(matter, file, line);
}

function newLine(name) {
  const text = el("span", { class: "upload-state" }, word("doc.uploading", 0));
  const bar = el("progress", { max: "100", value: "0", "aria-label": name });
  const item = el("li", {}, el("span", { class: "upload-name" }, name), bar, text);
  uploads.append(item);
  return { item, text, bar };
}

function upload(matter, file, line) {
  return new Promise(done => {
    const body = new FormData();
    body.append("matter", matter);
    body.append("files", file, file.name);
    const request = new XMLHttpRequest(); // fetch reports no upload progress
    request.upload.addEventListener("progress", event => {
      const percent = event.lengthComputable ? Math.floor(100 * event.loaded / event.total) : 0;
      line.bar.value = percent;
      line.text.textContent = word("doc.uploading", percent);
    });
    request.addEventListener("loadend", async () => {
      line.bar.value = 100;
      const [text, isFine] = await outcome(request);
      line.text.textContent = text;
      line.item.classList.add(isFine ? "done" : "failed");
      announce(`${file.name}: ${text}`);
      if (isFine) setTimeout(() => line.item.remove(), 8000);
      await refresh();
      done();
    });
    request.open("POST", "/api/documents/");
    request.send(body);
  });
}

async function outcome(request) {
  if (request.status === 202) {
    const [result] = JSON.parse(request.responseText);
    if (result?.error) return [word("doc.upload_failed", result.error), false];
    return [word(result?.unchanged ? "doc.upload_unchanged" : "doc.upload_done"), true];
  }
  if (request.status === 0) return [word("offline"), false];
  if (request.status === 413) return [word("doc.upload_failed", word("doc.too_large")), false];
  return [await refusal(new Response(request.responseText, { status: request.status })), false];
}

async function refresh() {
  clearTimeout(timer);
  let wait = refreshMs;
  try {
    const response = await fetch("/api/documents/");
    if (response.ok) {
      documents = await response.json();
      draw();
      if (!documents.some(d => moving.includes(d.state))) wait = 10 * refreshMs;
    } else if (response.status === 401) {
      location.reload(); // the session ended: the server shows the sign-in page
      return;
    }
  } catch { wait = 4 * refreshMs; /* the server is away: try again more slowly */ }
  timer = setTimeout(refresh, wait);
}

function draw() {
  const wanted = filter.value.trim().toLocaleLowerCase(language);
  const visible = documents.filter(d => d.name.toLocaleLowerCase(language).includes(wanted));
  const now = JSON.stringify(visible);
  empty.hidden = visible.length > 0;
  empty.textContent = word(documents.length > 0 ? "doc.none_filtered" : "doc.none");
  if (now === drawn) return; // nothing new: leave the focus where it is
  drawn = now;
  const focused = document.activeElement?.dataset?.key;
  rows.replaceChildren(...visible.map(row));
  if (focused) rows.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function row(d) {
  const reason = d.failure ? (hasWord(`reason.${d.failure.code}`) ? word(`reason.${d.failure.code}`) : d.failure.detail) : null;
  return el("tr", { "data-state": d.state },
    el("th", { scope: "row" }, el("span", { class: "doc-name" }, d.name), d.number > 1 ? el("span", { class: "muted" }, ` ${word("doc.version", d.number)}`) : null, reason ? el("p", { class: "reason" }, icon("warn"), reason) : null),
    el("td", {}, d.matterName),
    el("td", {}, el("span", { class: `pill ${d.state}` }, word(`doc.state.${d.state}`))),
    el("td", {}, d.language && d.language !== "und" ? names.of(d.language) : "–"),
    el("td", { class: "number" }, d.pages > 0 ? `${d.pages}` : "–"),
    el("td", { class: "when" }, dates.format(new Date(d.createdAt))),
    el("td", { class: "actions" },
      d.state === "ready" ? action(d, "open", () => openViewer({ version: d.version, name: d.name, page: 1, start: 0, length: 0 })) : null,
      d.state === "failed" ? action(d, "retry", () => change(`/api/documents/${d.version}/retry`, "POST")) : null,
      d.state === "deleting" ? null : action(d, "delete", () => confirmDelete(d))));
}

const action = (d, name, onclick) =>
  el("button", { type: "button", class: "quiet", "aria-label": word(`doc.${name}_of`, d.name), "data-key": `${d.id} ${name}`, onclick }, word(`doc.${name}`));

function confirmDelete(d) {
  const dialog = el("dialog", { class: "confirm", onclose: () => dialog.remove() },
    el("p", {}, word("doc.delete_confirm", d.name)),
    el("div", { class: "confirm-bar" },
      el("button", { type: "button", class: "secondary", autofocus: true, onclick: () => dialog.close() }, word("doc.cancel")),
      el("button", { type: "button", class: "primary danger", onclick: () => { dialog.close(); change(`/api/documents/${d.id}`, "DELETE"); } }, word("doc.delete"))));
  document.body.append(dialog);
  dialog.showModal();
}

async function change(address, method) {
  const response = await fetch(address, { method });
  if (!response.ok) {
    const line = newLine("");
    line.bar.remove();
    line.item.classList.add("failed");
    line.text.textContent = await refusal(response);
    announce(line.text.textContent);
  }
  await refresh();
}
