import { describe, expect, it } from "vitest";
import { asHtml } from "./markdown";
import { cite, mark, provenBy, sentenceTo } from "./marking";
import type { Claim, Status } from "./shapes";

const claim = (text: string, status: Status, line = 0): Claim => ({
  text, status, reasons: [], tier: null, relations: [],
  citations: line ? [{ repository: "shop", path: "shop/models.py", start_line: line, end_line: line, symbol: null, revision: "" }] : [],
});
const CLAIMS = [
  claim("`price` returns\nthe price in cents [3].", "verified", 8),
  claim("Customers are pleased.", "unverified"),
  claim("`price` does not call `checkout` [3].", "unknown", 8),
];
const TEXT = "`price` returns the price in cents [3]. Customers are pleased. *(not verified)* `price` does not call `checkout` [3]. *(unknown)*\n\n**Sources**\n\n- [3] `shop/models.py:8`\n";

function shown(text: string, claims: Claim[]): HTMLElement {
  const box = document.createElement("div");
  box.innerHTML = asHtml(`So:\n\n${text}`); // the DOM of these tests loses the tag of what comes first
  cite(box);
  mark(box, claims);
  return box;
}

describe("the text of an answer", () => {
  it("has the mark of every claim before its words, in one paragraph too", () => {
    const line = shown(TEXT, CLAIMS).querySelectorAll("p")[0]!;
    expect(line.textContent).toBe(
      "✓ verified: price returns the price in cents [3]. ? not verified: Customers are pleased. (not verified) … unknown: price does not call checkout [3]. (unknown)",
    );
    expect([...line.children].filter((one) => one.classList.contains("mark")).map((one) => one.className)).toEqual(["mark verified", "mark unverified", "mark unknown"]);
    expect(line.classList.contains("marked")).toBe(true);
  });

  it("marks no words that only end as a claim does", () => {
    expect(shown("- `a.b` calls `c` — `x.py:1`\n- not `b` calls `c`", [claim("`b` calls `c`", "refuted")]).querySelector(".mark")).toBeNull();
  });

  it("opens places without backticks, and takes no address or time for one", () => {
    const box = shown("- impact of `f`: shop/models.py:8 the call 'x' could not be resolved, nor shop:lib/a-b.c:3-5.\n- http://a.example/b.py:3 at 12:30, a/b:3, `c/d.py:1`", []);
    expect([...box.querySelectorAll<HTMLElement>(".place")].map((one) => one.dataset.place)).toEqual(["shop/models.py:8", "shop:lib/a-b.c:3-5", "c/d.py:1"]);
  });

  it("opens what a number of the sources stands for, and leaves other numbers and the list alone", () => {
    const box = shown(`${TEXT}\nIt is so [9], \`x[3]\`.`, CLAIMS);
    const numbers = [...box.querySelectorAll<HTMLElement>(".place.number")];
    expect(numbers.map((one) => [one.textContent, one.dataset.place])).toEqual([["[3]", "shop/models.py:8"], ["[3]", "shop/models.py:8"]]);
    expect(box.querySelector("li")!.textContent).toBe("[3] shop/models.py:8");
    const place = { repository: undefined, path: "shop/models.py", start: 8, end: 8 };
    expect(numbers.map((one) => provenBy(place, CLAIMS, sentenceTo(one))?.status)).toEqual(["verified", "unknown"]);
  });
});
