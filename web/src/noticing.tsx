// What a person does with an answer: which citations they open, whether they copy of it, how long it is in sight. Told to the server as it happens.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { DoorProvider, useDoor, type Door } from "./door";
import { label, placeOf, type Place } from "./places";
import type { Claim, Said } from "./shapes";

/** The most that counts of one answer: who has gone away leaves the page open. */
const LONGEST_S = 300;
const NONE: Claim[] = [];

interface Props {
  /** Which run answered; without one nothing is told. */
  run: string | undefined;
  claims?: Claim[];
  busy?: boolean;
  children: ComponentChildren;
}

/** A turn of a conversation; what is done with its answer is told once it is there. Nobody waits for that, and what cannot be told is not. */
export function Noticing({ run, claims = NONE, busy, children }: Props) {
  const door = useDoor();
  const box = useRef<HTMLElement>(null);
  const told = useRef(new Set<string>());
  const tell = (said: Said) => void (run && door.client.say(run, said).catch(() => undefined));
  const once = (said: Said) => {
    const what = `${run} ${said.signal} ${said.place}`;
    if (!told.current.has(what)) tell(said);
    told.current.add(what);
  };
  useLayoutEffect(() => (run ? whileInSight(box.current!, (value) => tell({ signal: "dwell", value })) : undefined), [run]);
  const noticing = useMemo<Door>(
    () => ({
      ...door,
      open: (place, proof) => {
        once(opened(place, proof, claims, shownIn(box.current!)));
        door.open(place, proof);
      },
    }),
    [door, run, claims],
  );
  return (
    <DoorProvider value={noticing}>
      <article ref={box} aria-busy={busy} onCopy={() => once({ signal: "copied" })}>{children}</article>
    </DoorProvider>
  );
}

/** What is told of a citation that somebody opens: the claim that it proves, and at which place it was shown. */
export function opened(place: Place, proof: Claim | undefined, claims: Claim[], shown: string[]): Said {
  const claim = proof ? claims.indexOf(proof) : -1;
  const rank = shown.findIndex((text) => {
    const other = placeOf(text);
    return other?.path === place.path && other.start === place.start;
  });
  return { signal: "opened", place: label(place), claim: claim < 0 ? undefined : claim, rank: rank < 0 ? undefined : rank };
}

/** The citations of an answer, each once, in their order. */
function shownIn(box: HTMLElement): string[] {
  return [...new Set([...box.querySelectorAll<HTMLElement>("[data-place]")].map((one) => one.dataset.place!))];
}

/** Adds up how long something is in sight, and hands out the whole seconds, each once. */
export class Dwelling {
  private since: number | undefined;
  private passed = 0;
  private told = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  set inSight(is: boolean) {
    if (this.since !== undefined) this.passed += this.now() - this.since;
    this.since = is ? this.now() : undefined;
  }

  take(): number {
    this.inSight = this.since !== undefined;
    const whole = Math.min(LONGEST_S, Math.floor(this.passed / 1_000));
    const more = whole - this.told;
    this.told = whole;
    return more;
  }
}

/** Tells how long an element was in sight: when the page goes out of sight, and when it is let go, which the returned function does. */
function whileInSight(box: Element, tell: (seconds: number) => void): () => void {
  const dwelling = new Dwelling();
  let near = false;
  const look = () => {
    dwelling.inSight = near && document.visibilityState === "visible";
  };
  const leave = () => {
    look();
    const seconds = document.visibilityState === "visible" ? 0 : dwelling.take();
    if (seconds) tell(seconds);
  };
  const observer = new IntersectionObserver((seen) => {
    near = seen.at(-1)!.isIntersecting;
    look();
  });
  observer.observe(box);
  document.addEventListener("visibilitychange", leave);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", leave);
    const seconds = dwelling.take();
    if (seconds) tell(seconds);
  };
}
