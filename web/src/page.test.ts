import { describe, expect, it } from "vitest";
import { eventsOf, type Told } from "./api";
import { split } from "./lines";
import { asHtml } from "./markdown";
import { label, placeOf } from "./places";
import { history } from "./connections/source";
import { standing } from "./jobs";
import { titleOf } from "./search";

describe("a citation", () => {
  it.each([
    ["src/unix/core.c:155", { repository: undefined, path: "src/unix/core.c", start: 155, end: 155 }],
    ["libuv:src/unix/core.c:155-160", { repository: "libuv", path: "src/unix/core.c", start: 155, end: 160 }],
    ["docs/guide.md#set-up:7-9", { repository: undefined, path: "docs/guide.md", start: 7, end: 9 }],
  ])("%s is read", (text, place) => expect(placeOf(text)).toEqual(place));

  it.each(["uv_close", "a::b", "Task.run()", "12:30", "a b:3"])("%s is none", (text) => {
    expect(placeOf(text)).toBeNull();
  });

  it("is written as it is read", () => expect(label(placeOf("a/b.c:3-5")!)).toBe("a/b.c:3-5"));
});

describe("an answer's text", () => {
  it("shows no HTML, image or link of its own", () => {
    const html = asHtml('<img src=x onerror=alert(1)> ![p](http://evil.example/p.png) [go](http://evil.example) <script>x</script>');
    const box = document.createElement("div");
    box.innerHTML = html;
    expect(box.querySelectorAll("img, script, a, [onerror], [href], [src]")).toHaveLength(0);
    expect(html).toContain("go");
  });

  it("opens citations", () => expect(asHtml("see `a/b.py:3`")).toContain('data-place="a/b.py:3"'));
});

it("colours that span rows are closed and opened again", () => {
  expect(split('<span class="c">a\nb</span>\nd')).toEqual(['<span class="c">a</span>', '<span class="c">b</span>', "d"]);
});

it("events cut anywhere are read whole", async () => {
  const bytes = new TextEncoder().encode('id: 1\nevent: plan\ndata: {"é":1}\n\n: still there\n\nid: 2\nevent: final\ndata: {}\n\n');
  const body = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const told: Told[] = [];
  for await (const one of eventsOf(new Response(body))) told.push(one);
  expect(told).toEqual([
    { name: "plan", id: "1", data: { "é": 1 } },
    { name: "final", id: "2", data: {} },
  ]);
});

it("a run under way says its rate and what remains", () => {
  const progress = { stage: "facts", done: 10, total: 40, rate_per_s: 5, remaining_s: 6, note: "" };
  expect(standing({ id: "", state: "running", root: "", repository: null, progress, created_at: 0, started_at: 0, ended_at: null, retry_at: null, error: null })).toBe("facts · 10 of 40 · 5/s · about 6 s left");
});

it("what is found is called as people call it", () => {
  const row = { repository: "shop", path: "docs/a#b.md", start_line: 1, end_line: 2, why: "" };
  expect(titleOf({ ...row, kind: "section", symbol: "docs/a#b.md#Prices: how #1 is made" })).toBe("Prices: how #1 is made");
  expect(titleOf({ ...row, kind: "section", symbol: "docs/a#b.md" })).toBe("docs/a#b.md");
  expect(titleOf({ ...row, kind: "method", symbol: "shop.models.Order.total" })).toBe("shop.models.Order.total");
  expect(titleOf({ ...row, kind: "function", symbol: "go.example/shop/v3.price" })).toBe("v3.price");
  expect(titleOf({ ...row, kind: "file", symbol: null })).toBe("docs/a#b.md");
});

it.each([[1, false, "last commit only"], [0, false, "whole history"], [0, true, "whole history without past contents"], [1_000, false, "last 1,000 commits"]])("a clone of depth %d (%s) has the %s", (depth, blobless, said) => {
  expect(history({ depth, blobless })).toBe(said);
});
