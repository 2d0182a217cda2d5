import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Text } from "./answer";
import type { Client } from "./api";
import { DoorProvider } from "./door";
import { Dwelling, Noticing, opened } from "./noticing";
import type { Claim, Said } from "./shapes";

const citation = { repository: "shop", path: "a.py", start_line: 3, end_line: 3, symbol: null, revision: "" };
const claim = (text: string, line: number): Claim => ({ text, status: "verified", citations: [{ ...citation, start_line: line, end_line: line }], reasons: [], tier: null, relations: [] });
const CLAIMS = [claim("It is here.", 9), claim("It is called.", 3)];
const place = { path: "a.py", start: 3, end: 3 };

let seen: (isIntersecting: boolean) => void;
let told: [string, Said][];
let shown: unknown[];
let box: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.stubGlobal("IntersectionObserver", class {
    constructor(tell: (rows: { isIntersecting: boolean }[]) => void) {
      seen = (isIntersecting) => tell([{ isIntersecting }]);
    }
    observe() {}
    disconnect() {}
  });
  [told, shown, box] = [[], [], document.body.appendChild(document.createElement("div"))];
});
afterEach(() => {
  act(() => render(null, box));
  visible("visible");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function show(run: string | undefined): void {
  const client = { say: async (id: string, said: Said) => void told.push([id, said]) } as unknown as Client;
  act(() =>
    render(
      <DoorProvider value={{ client, open: (...what) => shown.push(what), show: () => undefined }}>
        <Noticing run={run} claims={CLAIMS}>
          <Text text={"It is here. `a.py:9`\n\nIt is called. `a.py:3`"} claims={CLAIMS} />
        </Noticing>
      </DoorProvider>,
      box,
    ),
  );
}

function visible(state: string): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

it("a citation that is opened is told once, with the claim that it proves and its place among those shown", () => {
  show("run");
  const button = box.querySelector<HTMLElement>('[data-place="a.py:3"]')!;
  button.click();
  button.click();
  expect(told).toEqual([["run", { signal: "opened", place: "a.py:3", claim: 1, rank: 1 }]]);
  expect(shown).toHaveLength(2);
});

it("what was not shown has no rank, and what proves nothing no claim", () => {
  expect(opened(place, undefined, CLAIMS, ["b.py:3", "a.py:4"])).toEqual({ signal: "opened", place: "a.py:3", claim: undefined, rank: undefined });
  expect(opened(place, CLAIMS[0], CLAIMS, ["shop:a.py:3-9"])).toMatchObject({ claim: 0, rank: 0 });
});

it("time counts while it is in sight, and is told when it no longer is", () => {
  show("run");
  vi.advanceTimersByTime(60_000);
  seen(true);
  vi.advanceTimersByTime(4_600);
  visible("hidden");
  expect(told).toEqual([["run", { signal: "dwell", value: 4 }]]);
  vi.advanceTimersByTime(60_000);
  visible("visible");
  vi.advanceTimersByTime(1_500);
  act(() => render(null, box));
  expect(told.map(([, said]) => said.value)).toEqual([4, 2]);
});

it("what is copied is told once, and nothing before there is an answer", () => {
  show(undefined);
  const copy = () => box.querySelector("article")!.dispatchEvent(new Event("copy", { bubbles: true }));
  copy();
  seen?.(true);
  expect(told).toEqual([]);
  show("run");
  copy();
  copy();
  expect(told).toEqual([["run", { signal: "copied" }]]);
});

it("a page that is left open counts for five minutes at most", () => {
  let now = 0;
  const dwelling = new Dwelling(() => now);
  dwelling.inSight = true;
  now = 1e9;
  expect(dwelling.take()).toBe(300);
  now = 2e9;
  expect(dwelling.take()).toBe(0);
});
