// Where lines of the index are in a text that has been edited since, and back. No vscode here: units run it in plain Node.

export interface Moved {
  /** The line (from 1) where a line of the index is now; undefined inside what was changed. */
  toNow(line: number): number | undefined;
  /** The line of the index for one of the text; inside what was changed, the nearest that is left. */
  toIndexed(line: number): number;
}

/** What is equal at the beginning and at the end stays together; a middle of as many lines as before was edited in place. */
export function movedLines(indexed: readonly string[], now: readonly string[]): Moved {
  const shorter = Math.min(indexed.length, now.length);
  let head = 0;
  while (head < shorter && indexed[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && indexed[indexed.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const shift = now.length - indexed.length;
  const inPlace = shift === 0;
  return {
    toNow: (line) => (inPlace || line <= head ? line : line > indexed.length - tail ? line + shift : undefined),
    toIndexed: (line) => {
      if (inPlace || line <= head) return line;
      if (line > now.length - tail) return line - shift;
      return Math.max(1, Math.min(line, Math.max(head, indexed.length - tail)));
    },
  };
}
