// Where a definition of the index is now, in a text that may have moved on.

const REACH = 400;

/** Returns the line (from 0) near `line` (from 1) that has the name as a word, nearest first; undefined where none has. */
export function settled(lines: (number: number) => string | undefined, line: number, name: string): number | undefined {
  const word = new RegExp(`(?<![\\p{L}\\p{N}_$])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}_$])`, "u");
  const has = (number: number) => word.test(lines(number) ?? "");
  for (let away = 0; away <= REACH; away++) {
    for (const number of away ? [line - 1 + away, line - 1 - away] : [line - 1]) {
      if (number >= 0 && has(number)) return number;
    }
  }
  return undefined;
}

/** The last name of a qualified one. */
export function lastName(qualified: string): string {
  return qualified.split(/[.#:/]/).filter(Boolean).at(-1) ?? qualified;
}
