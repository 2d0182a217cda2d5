// What an answer's text gets once it is HTML: the mark of each claim before its sentence, and the numbers of a model's sources as citations.
import { placeOf, type Place } from "./places";
import type { Citation, Claim, Status } from "./shapes";

export const MARKS: Record<Status, { sign: string; said: string }> = {
  verified: { sign: "✓", said: "verified" },
  unverified: { sign: "?", said: "not verified" },
  unknown: { sign: "…", said: "unknown" },
  refuted: { sign: "✗", said: "refuted" },
};
const LINES = "li, p, td";
const BEGINS = /(^|[.!?:;)\]] )$/;
const NAMED = /\[(\d+)\]|(?<![\w/:.-])((?:[\w.-]+:)?(?:[\w.-]+\/)+[\w.-]+\.\w+:\d+(?:-\d+)?)(?![\w-])/g;

/** Words as they are compared: without the marks of Markdown, each gap one space. */
export function plain(text: string): string {
  return text.replaceAll(/[`*]/g, "").replaceAll(/\s+/g, " ").trim();
}

export function cites(citation: Citation, place: Place): boolean {
  return citation.path === place.path && citation.start_line === place.start && (!place.repository || !citation.repository || citation.repository === place.repository);
}

/** The claim that a place proves: of those that cite it, the nearest one whose words begin before it, else the first. */
export function provenBy(place: Place, claims: Claim[], sentence: string): Claim | undefined {
  const citing = claims.filter((claim) => claim.citations.some((one) => cites(one, place)));
  const begun = citing.map((claim) => ({ claim, at: sentence.lastIndexOf(plain(claim.text).replace(/( ?\[\d+\])*[.\s]*$/, "")) })).filter(({ at }) => at >= 0);
  return begun.sort((a, b) => b.at - a.at)[0]?.claim ?? citing[0];
}

/** What stands in an element's line up to it, itself included. */
export function sentenceTo(element: Element): string {
  const line = element.closest(`${LINES}, h1, h2, h3, h4`);
  if (!line) return "";
  const range = document.createRange();
  range.setStart(line, 0);
  range.setEndAfter(element);
  return plain(range.toString());
}

/** Puts the status of each claim before the words that state it. */
export function mark(box: HTMLElement, claims: Claim[]): void {
  const left = claims.map((claim) => ({ claim, text: plain(claim.text) })).filter(({ text }) => text);
  for (const line of box.querySelectorAll(LINES)) {
    if (line.querySelector(`.mark, ${LINES}`)) continue;
    const { text, at } = readOf(line);
    const found: { claim: Claim; index: number }[] = [];
    for (const { claim, text: words } of left) {
      const index = text.indexOf(words);
      if (index >= 0 && BEGINS.test(text.slice(0, index)) && found.every((one) => one.index !== index)) found.push({ claim, index });
    }
    found.sort((a, b) => b.index - a.index);
    for (const { claim, index } of found) {
      before(line, at[index]!, signOf(claim.status));
      if (index === 0) line.classList.add("marked");
    }
  }
}

function signOf(status: Status): HTMLElement {
  const { sign, said } = MARKS[status];
  const shown = Object.assign(document.createElement("span"), { className: `mark ${status}`, title: said, textContent: sign });
  shown.append(Object.assign(document.createElement("span"), { className: "hidden", textContent: ` ${said}: ` }));
  return shown;
}

/** The words of a line with each gap one space, and where each of their characters stands. */
function readOf(line: Element): { text: string; at: { node: Text; offset: number }[] } {
  const at: { node: Text; offset: number }[] = [];
  let text = "";
  for (const node of textsOf(line)) {
    for (let offset = 0; offset < node.data.length; offset++) {
      const gap = /\s/.test(node.data[offset]!);
      if (gap && (!text || text.endsWith(" "))) continue;
      text += gap ? " " : node.data[offset];
      at.push({ node, offset });
    }
  }
  return { text, at };
}

/** Puts an element before a character, outside of the code or emphasis that begins with it. */
function before(line: Element, { node, offset }: { node: Text; offset: number }, what: Element): void {
  if (offset > 0) {
    node.splitText(offset).before(what);
    return;
  }
  let outer: ChildNode = node;
  while (outer.parentElement !== line && !outer.previousSibling) outer = outer.parentElement!;
  outer.before(what);
}

/** Makes citations of `[3]`, which the list of sources names, and of places that stand in the text without backticks. */
export function cite(box: HTMLElement): void {
  const sources = new Map<string, string>();
  const listed = new Set<Element>();
  for (const line of box.querySelectorAll("li")) {
    const number = /^\s*\[(\d+)\]\s*$/.exec(line.firstChild?.nodeType === Node.TEXT_NODE ? line.firstChild.textContent! : "")?.[1];
    const place = line.querySelector<HTMLElement>(":scope > [data-place]")?.dataset.place;
    if (!number || !place || !placeOf(place)) continue;
    sources.set(number, place);
    listed.add(line);
  }
  for (const node of textsOf(box, (parent) => !parent.closest("pre, code, [data-place]") && !listed.has(parent))) {
    const parts: (Node | string)[] = [];
    let from = 0;
    for (const found of node.data.matchAll(NAMED)) {
      const [whole, number] = found;
      const place = number ? sources.get(number) : whole;
      if (!place || !placeOf(place)) continue;
      parts.push(node.data.slice(from, found.index), citation(whole, place, number));
      from = found.index + whole.length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(from));
  }
}

function citation(shown: string, place: string, number?: string): Node {
  const button = Object.assign(document.createElement("span"), { className: number ? "place number" : "place", textContent: shown, tabIndex: 0 });
  button.setAttribute("role", "button");
  if (number) button.setAttribute("aria-label", `source ${number}, ${place}`);
  button.dataset.place = place;
  return button;
}

function textsOf(box: Element, wanted: (parent: Element) => boolean = () => true): Text[] {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    if (wanted(node.parentElement!)) found.push(node);
  }
  return found;
}
