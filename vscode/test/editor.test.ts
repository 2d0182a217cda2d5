import { describe, expect, test } from "vitest";
import type { Health } from "../../web/src/shapes";
import type { State } from "../src/server/connection";
import type { Repository } from "../src/server/rest";
import { ageOf, healthOf } from "../src/editor/health";
import { lastName, settled } from "../src/editor/lines";
import { movedLines } from "../src/editor/moved";
import { command, plain, tierSign } from "../src/editor/markdown";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const shop: Repository = { name: "shop", root: "/code/shop", revision: "c0ffee1234567890", generation: 1, indexed_at: "2026-05-01T09:00:00Z", files: 1200, lines: 1, symbols: 34567, relations: 1 };
const ready: State = { kind: "ready", repositories: [shop] };
const fresh: Health = {
  files: 1200,
  languages: { python: 1200 },
  not_covered: { counts: {}, first: [] },
  tiers: { exact: 90, inferred: 10 },
  unresolved: 0,
  staleness: { state: "fresh", changed: 0, added: 0, deleted: 0, first: [] },
  notes: [],
};

describe("the status bar", () => {
  test("says what is indexed, since when, and how well", () => {
    expect(healthOf(ready, { repository: shop, health: fresh }, NOW)).toEqual({
      text: "$(check) Clew: shop",
      tooltip: "shop: 1,200 files, 34,567 symbols, indexed 3 h ago\nevery file was read\nrelations: 90 % exact, 10 % inferred",
      warns: false,
    });
  });
  test("names what was not read", () => {
    const health = { ...fresh, not_covered: { counts: { generated: 8, too_large: 1 }, first: [] } };
    expect(healthOf(ready, { repository: shop, health }, NOW).tooltip).toContain("9 files not read: generated 8, too large 1");
  });
  test("says how far the code has moved on", () => {
    const health = { ...fresh, staleness: { ...fresh.staleness, state: "stale" as const, changed: 2, deleted: 1 } };
    const said = healthOf(ready, { repository: shop, health, head: shop.revision }, NOW);
    expect(said.text).toBe("$(history) Clew: 3 files changed");
    expect(said.tooltip).toContain("Since then: 2 changed, 1 deleted. Update the index");
  });
  test("compares commits where the server has no copy of its own", () => {
    const health = { ...fresh, staleness: { ...fresh.staleness, state: "missing" as const } };
    const said = healthOf(ready, { repository: shop, health, head: "badc0de1234567890" }, NOW);
    expect(said.text).toBe("$(history) Clew: other commit");
    expect(said.tooltip).toContain("It is of c0ffee123456; checked out is badc0de12345.");
    expect(healthOf(ready, { repository: shop, health: fresh, head: "badc0de1234567890" }, NOW).text).toBe("$(check) Clew: shop");
  });
  test("claims nothing where the index is of no commit, or git is silent", () => {
    const loose = { ...shop, revision: "worktree:0123456789abcdef" };
    expect(healthOf(ready, { repository: loose, head: "badc0de1234567890" }, NOW).text).toBe("$(check) Clew: shop");
    expect(healthOf(ready, { repository: shop }, NOW).text).toBe("$(check) Clew: shop");
  });
  test("names what is indexed instead of this folder", () => {
    expect(healthOf(ready, {}, NOW).tooltip).toContain("Indexed: shop.");
    expect(healthOf({ kind: "ready", repositories: [] }, {}, NOW).tooltip).toContain("Indexed: nothing.");
  });
  test.each(["unreachable", "unauthorised", "old", "failed"] as const)("warns of a server that is %s", (kind) => {
    expect(healthOf({ kind, message: "What.", nextStep: "Do this." }, {}, NOW)).toMatchObject({ warns: true, tooltip: "What.\nDo this." });
  });
  test.each([
    ["2026-05-01T11:59:30Z", "just now"],
    ["2026-05-01T11:15:00Z", "45 min ago"],
    ["2026-04-29T13:00:00Z", "47 h ago"],
    ["2026-04-21T12:00:00Z", "10 days ago"],
    ["", "at an unknown time"],
  ])("%s was %s", (iso, said) => expect(ageOf(iso, NOW)).toBe(said));
});

describe("a line of the index in a text that has moved on", () => {
  const text = ["import x", "", "def price_of(a):", "    price(a)", "", "def price(a):", "    return a"];
  const at = (line: number, name: string) => settled((number) => text[number], line, name);

  test("is itself where it has the name", () => expect(at(6, "price")).toBe(5));
  test("is the nearest that has it as a word", () => {
    expect(at(3, "price")).toBe(3);
    expect(at(7, "price")).toBe(5);
  });
  test("is none where no line near has it", () => {
    expect(at(3, "pric")).toBeUndefined();
    expect(at(9_000, "price")).toBeUndefined();
  });
  test("names may hold what a pattern would read otherwise", () => expect(settled((n) => ["a $scope b", "operator+"][n], 2, "$scope")).toBe(0));
  test.each([["shop.models.Order.total", "total"], ["a::b::c", "c"], ["README.md#Prices", "Prices"], ["f", "f"]])("the last name of %s is %s", (whole, last) => expect(lastName(whole)).toBe(last));
});

describe("lines of a text that was edited", () => {
  const indexed = ["a", "b", "c", "d", "e"];
  const ways = (now: string[]) => {
    const moved = movedLines(indexed, now);
    return [indexed.map((_, number) => moved.toNow(number + 1)), now.map((_, number) => moved.toIndexed(number + 1))];
  };

  test("stay where nothing was", () => expect(ways([...indexed])).toEqual([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]));
  test("move with each of several edits", () => {
    const moved = movedLines(["a", "b", "c", "d", "e", "f", "g"], ["new", "a", "b", "C", "d", "e", "more", "more", "f", "G", "H"]);
    expect([1, 2, 3, 4, 5, 6, 7].map(moved.toNow)).toEqual([2, 3, 4, 5, 6, 9, undefined]);
    expect([1, 4, 6, 9].map(moved.toIndexed)).toEqual([1, 3, 5, 6]);
  });
  test("move below what was put in", () => expect(ways(["a", "new", "new", "b", "c", "d", "e"])).toEqual([[1, 4, 5, 6, 7], [1, 1, 1, 2, 3, 4, 5]]));
  test("are gone where they were taken out", () => expect(ways(["a", "d", "e"])).toEqual([[1, undefined, undefined, 2, 3], [1, 4, 5]]));
  test("are edited in place where there are as many as before, as masked secrets are", () => expect(ways(["a", "B", "c", "D", "e"])).toEqual([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]));
  test("are all gone from an empty text", () => expect(ways([])).toEqual([[undefined, undefined, undefined, undefined, undefined], []]));
  test("never lead out of the index", () => {
    for (const now of [["x"], ["x", "y", "z", "b", "q", "r", "s"], ["a", "a", "a", "a", "a", "a", "e"]]) {
      const moved = movedLines(indexed, now);
      for (let line = 1; line <= now.length; line++) {
        expect(moved.toIndexed(line)).toBeGreaterThanOrEqual(1);
        expect(moved.toIndexed(line)).toBeLessThanOrEqual(indexed.length);
      }
    }
  });
});

describe("text of a repository in a hover", () => {
  test("stays text", () => {
    expect(plain("[click](command:workbench.action.terminal.new)")).toBe("\\[click\\]\\(command:workbench\\.action\\.terminal\\.new\\)");
    expect(plain("<img src=x> ![a](b) $(gear)\n# big")).toBe("\\<img src=x\\> \\!\\[a\\]\\(b\\) \\$\\(gear\\) \\# big");
  });
  test("arguments of a command are escaped whole", () => expect(command("clew.open", { path: "a) b" })).not.toContain(")"));
  test("an unknown tier is a question", () => expect(tierSign("new")).toBe("$(question)"));
});
