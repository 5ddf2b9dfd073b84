// Building blocks of the pages' scripts. Text from documents and answers only ever becomes text nodes, never markup.

const words = JSON.parse(document.getElementById("words").textContent);

/** The localised word of a key, with {0}, {1} … replaced. */
export function word(key, ...values) {
  const text = words[key] ?? key;
  return values.reduce((t, value, i) => t.replaceAll(`{${i}}`, value), text);
}

export const hasWord = key => key in words;

/** An element: attributes are set as given, `on…` are listeners, children are elements or strings. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

const svgSpace = "http://www.w3.org/2000/svg";

/** An SVG element; positions are attributes, because the page's policy forbids inline styles. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const icons = {
  check: "M5 12.5l4.500 4.500L19 7.500",
  approx: "M4 9.500c2.500-2.500 5-2.500 8 0s5.500 2.500 8 0M4 15.500c2.500-2.500 5-2.500 8 0s5.500 2.500 8 0",
  warn: "M12 4l9 16H3zM12 10v4M12 17v.2",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  none: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M6 6l12 12",
};

export const icon = name => svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: icons[name] }));

/** Says something to screen readers without moving the focus. */
export function announce(text) {
  const region = document.getElementById("announce");
  region.textContent = "";
  region.textContent = text;
}

/** A refused response as one sentence for people. */
export async function refusal(response) {
  if (response.status === 401) return word("signed_out");
  let problem = null;
  try { problem = await response.json(); } catch { /* no body: the status has to do */ }
  return word("failed", problem?.detail ?? problem?.title ?? `HTTP ${response.status}`);
}
