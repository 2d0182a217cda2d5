import { describe, expect, it } from "vitest";
import { provenBy } from "./marking";
import { columns, rings } from "./drawing";
import type { Claim, Impact, ImpactRow, Neighbours } from "./shapes";

const symbol = (name: string) => ({ id: `r:${name}`, kind: "function", qualified_name: name, path: "a.py", line: 1 });
const row = (name: string, depth: number, via: string, effect: ImpactRow["effect"] = "may"): ImpactRow => ({ symbol: symbol(name), site: null, tier: "exact", depth, relation: "CALLS", effect, via: `r:${via}` });
const impact = (...results: ImpactRow[]): Impact => ({ symbol: symbol("changed"), verdict: "found", results, candidates: [], uncovered: [], tests: [], entry_points: [], truncated: false });

describe("what a change reaches", () => {
  const found = impact(row("near", 1, "changed", "will"), row("far", 2, "near"), row("farther", 2, "near"), row("test", 1, "changed", "test"));
  const dots = new Map(rings(found).dots.map((dot) => [dot.id, dot]));
  const radius = (id: string) => Math.hypot(dots.get(id)!.x, dots.get(id)!.y);

  it("stands on a ring for each step", () => {
    expect(radius("r:changed")).toBe(0);
    expect(radius("r:near")).toBeCloseTo(radius("r:test"));
    expect(radius("r:far")).toBeGreaterThan(radius("r:near") + 100);
    expect([...dots.values()].filter((dot) => dot.look === "ring").map((dot) => dot.radius)).toEqual([radius("r:near"), radius("r:far")].map((one) => expect.closeTo(one)));
  });

  it("is tied to what it is reached through, and looks as sure as it is", () => {
    expect(rings(found).lines.map(({ source, target }) => [source, target])).toContainEqual(["r:far", "r:near"]);
    expect([dots.get("r:near")!.look, dots.get("r:far")!.look, dots.get("r:test")!.look]).toEqual(["will", "may", "test"]);
  });

  it("reads from left to right on both sides", () => {
    for (const dot of dots.values()) expect(Math.abs(Math.cos(dot.turn)) < 1e-9 || Math.cos(dot.turn) > 0).toBe(true);
  });

  it("keeps rows apart, and says what it leaves out", () => {
    const many = rings(impact(...Array.from({ length: 150 }, (_, number) => row(`n${number}`, 1, "changed"))));
    const placed = many.dots.filter((dot) => dot.look === "may");
    expect([placed.length, many.left_out]).toEqual([120, 30]);
    for (const [index, one] of placed.entries()) {
      for (const other of placed.slice(index + 1)) expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(9);
    }
  });

  it("is drawn also where the way to it is not among the rows", () => {
    expect(rings(impact(row("far", 3, "elsewhere"))).lines[0]!.target).toBe("r:changed");
  });
});

it("what uses a symbol stands on its left, what it uses on its right, further ones further out", () => {
  const node = (name: string, depth: number) => ({ ...symbol(name), depth, is_test: false });
  const edge = (source: string, target: string) => ({ kind: "CALLS", tier: "exact", source: `r:${source}`, target: `r:${target}`, external: null, site: { path: "a.py", line: 1 } });
  const found: Neighbours = { symbol: symbol("it"), candidates: [], nodes: [node("it", 0), node("caller", 1), node("callee", 1), node("deep", 2)], edges: [edge("caller", "it"), edge("it", "callee"), edge("callee", "deep")], truncated: false };
  const x = Object.fromEntries(columns(found).dots.map((dot) => [dot.label, dot.x]));
  expect(x.it).toBe(0);
  expect(x.caller).toBeLessThan(0);
  expect(x.callee).toBeGreaterThan(0);
  expect(x.deep).toBeGreaterThan(x.callee!);
});

describe("a place of an answer", () => {
  const claim = (text: string, path: string): Claim => ({ text, status: "verified", citations: [{ repository: "r", path, start_line: 3, end_line: 3, symbol: null, revision: "" }], reasons: [], tier: "exact", relations: [] });
  const claims = [claim("`a` calls `b`", "x.py"), claim("`c` calls `b`", "x.py"), claim("`d` calls `b`", "y.py")];

  it("proves the claim whose words stand beside it", () => {
    expect(provenBy({ path: "x.py", start: 3, end: 3 }, claims, "c calls b — x.py:3 (exact)")).toBe(claims[1]);
  });

  it("proves the first claim that cites it, where no words do, and none of another repository", () => {
    expect(provenBy({ path: "x.py", start: 3, end: 3 }, claims, "")).toBe(claims[0]);
    expect(provenBy({ repository: "other", path: "x.py", start: 3, end: 3 }, claims, "")).toBeUndefined();
  });
});
