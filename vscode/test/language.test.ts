import { describe, expect, test } from "vitest";
import { restOver, type Impact, type Review, type Structural, type SymbolFound } from "../src/server/rest";
import { askServer, isAskedBack, pieces, worded } from "../src/language/asking";
import { answerText, callersText, impactText, reviewText, searchText, symbolFoundText } from "../src/language/wording";

const sse = (...all: [string, object][]) => all.map(([name, data], number) => `event: ${name}\nid: ${number}\ndata: ${JSON.stringify(data)}\n\n`).join("");
const symbol = { id: "shop:shop/models.py#price", kind: "function", qualified_name: "shop.models.price", path: "shop/models.py", line: 8 };
const row = { symbol: { ...symbol, qualified_name: "shop.checkout.checkout" }, site: { path: "shop/checkout.py", line: 5, column: 12 }, tier: "exact", depth: 1, relation: "CALLS", dispatched: false } as const;
const found: Structural = { symbol, verdict: "found", results: [row], candidates: [], uncovered: [], truncated: false };

describe("a question put to the server", () => {
  const asking = (body: string, signal = new AbortController().signal) => {
    const steps: string[] = [];
    const sent: string[] = [];
    const rest = restOver(async (path, init) => {
      sent.push(`${init.method} ${path}`);
      return new Response(init.method === "DELETE" ? null : body);
    });
    return { steps, sent, answer: askServer(rest, { question: "who?" }, signal, (said) => steps.push(said)) };
  };

  test("tells each step once, in words, and returns the answer", async () => {
    const { steps, answer } = asking(
      sse(["started", { stream_id: "s" }], ["node_started", { node: "planner" }], ["node_started", { node: "planner" }], ["evidence", { count: 1, task: "callers" }], ["final", { answer: "nobody", claims: [] }]),
    );
    expect(await answer).toMatchObject({ answer: "nobody" });
    expect(steps).toEqual(["Reads the question", "1 fact from callers"]);
  });
  test("may be asked back", async () => {
    const said = await asking(sse(["asked_back", { question: "Which?", choices: [{ label: "a", place: "x.py:1", value: "1" }] }])).answer;
    expect(isAskedBack(said)).toBe(true);
    expect(answerText(said)).toBe("Which?\na x.py:1");
  });
  test("fails as the server says, or because it was stopped", async () => {
    await expect(asking(sse(["error", { status: 429, code: "budget", detail: "Used up.", next_step: "Wait." }])).answer).rejects.toMatchObject({ code: "budget", nextStep: "Wait." });
    await expect(asking(sse(["stopped", { reason: "x" }])).answer).rejects.toMatchObject({ code: "stopped" });
  });
});

test.each([
  ["callers", " price ", "Who calls price?"],
  ["impact", "price", "What breaks if price changes?"],
  ["where", "retry handled", "Where is retry handled?"],
  ["explain", "price", "Explain price"],
  ["review", "", "Review my changes"],
  ["review", "main..HEAD", "Review main..HEAD"],
  [undefined, "hello ", "hello"],
])("/%s %s asks %s", (name, prompt, question) => expect(worded(name, prompt)).toBe(question));

test("an answer is cut at its citations, in text and not in code blocks", () => {
  expect(pieces("see `a.py:3` and `a.py`\n```\n`a.py:3`\n```\nthen `shop:docs/a.md#Prices:5-7`")).toEqual([
    { text: "see " },
    { citation: "a.py:3" },
    { text: " and `a.py`\n" },
    { text: "```\n`a.py:3`\n```" },
    { text: "\nthen " },
    { citation: "shop:docs/a.md#Prices:5-7" },
  ]);
});

describe("what tools tell a model", () => {
  test("callers, with what could not be seen", () => {
    const uncovered = [{ path: "gen.py", line: 0, reason: "generated" }];
    expect(callersText({ ...found, verdict: "unknown", uncovered }).split("\n")).toEqual([
      "shop.models.price shop/models.py:8",
      "verdict: unknown; 1 rows (= exact, ~ inferred, ? ambiguous)",
      "= shop/checkout.py:5 shop.checkout.checkout",
      "not seen: gen.py generated",
    ]);
  });
  test("a name that is nowhere, with names near it", () => {
    expect(callersText({ ...found, symbol: null, verdict: "none", results: [], candidates: [symbol] })).toContain("near: shop.models.price shop/models.py:8");
  });
  test("more rows than are shown", () => expect(callersText({ ...found, results: Array.from({ length: 70 }, () => row) })).toContain("and 10 more"));
  test("impact, by what will and may break", () => {
    const impact: Impact = { ...found, results: [{ ...row, effect: "will" }, { ...row, tier: "inferred", depth: 2, dispatched: true, effect: "may" }], tests: [row], entry_points: [symbol] };
    expect(impactText(impact)).toContain("may break:\n~ shop/checkout.py:5 shop.checkout.checkout depth 2 (through an override)\ntests to run:");
  });
  test("a symbol, its lines and other meanings", () => {
    const one: SymbolFound = {
      ...found,
      definition: { ...symbol, repository: "shop", name: "price", signature: "def price(order)", docstring: "Return it.", language: "python", is_test: false },
      source: { text: "def price(order):", path: symbol.path, start_line: 8, end_line: 8, stale: true },
      candidates: [symbol],
    };
    expect(symbolFoundText(one)).toContain("(the file has changed since)");
  });
  test("a review that found nothing, and one that did", () => {
    const review: Review = { repository: "shop", base: "HEAD", target: "the working tree", risk: "low", reasons: [], files: [], will_break: [], may_break: [], tests: [], untested: [], stale: [], notes: [], findings: [] };
    expect(reviewText(review)).toBe("shop HEAD..the working tree: risk low\nnothing changed");
    const risky: Review = { ...review, risk: "high", reasons: [{ points: 3, text: "breaks one" }], files: [{ path: "a.py", status: "modified", added_lines: 1, removed_lines: 2, owners: ["@a"], authors: [] }], will_break: [row], untested: [symbol], stale: ["b.py"] };
    expect(reviewText(risky).split("\n")).toContain("modified a.py +1 -2 (@a)");
  });
  test("a search", () => {
    expect(searchText([])).toBe("Nothing fits.");
    expect(searchText([{ repository: "shop", path: "a.py", start_line: 1, end_line: 2, symbol: "f", kind: "function", why: "name" }])).toBe("a.py:1-2 f (name)");
  });
});
