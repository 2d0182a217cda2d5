// Where lines of the index are in a text that has been edited since, and back. No vscode here: units run it in plain Node.

export interface Moved {
  /** The line (from 1) where a line of the index is now; undefined inside what was changed. */
  toNow(line: number): number | undefined;
  /** The line of the index for one of the text; inside what was changed, the nearest that is left. */
  toIndexed(line: number): number;
}

/** Lines that are as they were, from `indexed` (counted from 0) on, and where they begin now. */
interface Run {
  indexed: number;
  now: number;
  length: number;
}

/** What is equal stays together; between two such runs, as many lines as before were edited in place. */
export function movedLines(indexed: readonly string[], now: readonly string[]): Moved {
  const runs = runsOf(indexed, now);
  return {
    toNow: (line) => mapped(runs, line - 1, "indexed", "now", undefined),
    toIndexed: (line) => mapped(runs, line - 1, "now", "indexed", true)!,
  };
}

function mapped(runs: readonly Run[], line: number, from: "indexed" | "now", to: "indexed" | "now", nearest?: true): number | undefined {
  let after = runs.findIndex((run) => run[from] + run.length > line);
  if (after < 0) after = runs.length - 1; // behind the end: as if the last run went on
  const run = runs[after]!;
  if (line >= run[from]) return line - run[from] + run[to] + 1;
  const before = runs[after - 1]!;
  const [start, begin] = [before[from] + before.length, before[to] + before.length];
  if (run[from] - start === run[to] - begin) return line - start + begin + 1;
  return nearest && Math.max(1, Math.min(line - start + begin + 1, Math.max(begin, run[to])));
}

/** Returns the runs in order, with an empty one before the first line and one behind the last. */
function runsOf(indexed: readonly string[], now: readonly string[]): Run[] {
  const shorter = Math.min(indexed.length, now.length);
  let head = 0;
  while (head < shorter && indexed[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && indexed[indexed.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const runs: Run[] = [{ indexed: 0, now: 0, length: head }];
  const [past, pastNow] = [indexed.length - tail, now.length - tail];
  for (const [from, to] of rising(anchors(indexed, now, head, past, pastNow))) {
    const last = runs.at(-1)!;
    if (from < last.indexed + last.length) continue; // it was taken as a part of the run before
    let [start, begin] = [from, to];
    while (start > last.indexed + last.length && begin > last.now + last.length && indexed[start - 1] === now[begin - 1]) [start, begin] = [start - 1, begin - 1];
    let length = from - start + 1;
    while (start + length < past && begin + length < pastNow && indexed[start + length] === now[begin + length]) length++;
    runs.push({ indexed: start, now: begin, length });
  }
  runs.push({ indexed: past, now: pastNow, length: tail });
  return runs;
}

/** Lines that stand once in each of two stretches, as pairs of numbers. */
function anchors(indexed: readonly string[], now: readonly string[], head: number, past: number, pastNow: number): [number, number][] {
  const once = (lines: readonly string[], end: number) => {
    const places = new Map<string, number>();
    for (let at = head; at < end; at++) places.set(lines[at]!, places.has(lines[at]!) ? -1 : at);
    return places;
  };
  const there = once(now, pastNow);
  return [...once(indexed, past)].flatMap(([text, from]) => {
    const to = there.get(text) ?? -1;
    return from >= 0 && to >= 0 ? [[from, to] as [number, number]] : [];
  });
}

/** The longest choice of pairs whose numbers rise on both sides (patience sorting). */
function rising(pairs: readonly [number, number][]): [number, number][] {
  const ends: number[] = [];
  const before: number[] = [];
  pairs.forEach(([, to], number) => {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1] < to) low = middle + 1;
      else high = middle;
    }
    before[number] = low ? ends[low - 1]! : -1;
    ends[low] = number;
  });
  const chosen: [number, number][] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]!) chosen.unshift(pairs[at]!);
  return chosen;
}
