// What an editor asks beyond what the page does: places of a file, callers, tests, impact, reviews.
import { clientOver, Problem, type Transport } from "../../../web/src/api";

export type { Answer, AskedBack, Repository, Told } from "../../../web/src/shapes";
export { Problem };

export type Tier = "exact" | "inferred" | "ambiguous" | "external";
export type Verdict = "found" | "none" | "unknown" | "ambiguous";

export interface SymbolRow {
  id: string;
  kind: string;
  qualified_name: string;
  path: string;
  line: number;
}

export interface WholeSymbol extends SymbolRow {
  repository: string;
  name: string;
  signature: string;
  docstring: string;
  language: string;
  is_test: boolean;
}

export interface Site {
  path: string;
  line: number;
  column: number;
}

export interface Reached {
  symbol: SymbolRow;
  site: Site | null;
  tier: Tier;
  depth: number;
  relation: string;
  dispatched: boolean;
}

export interface Uncovered {
  path: string;
  line: number;
  reason: string;
}

export interface Structural {
  symbol: SymbolRow | null;
  verdict: Verdict;
  results: Reached[];
  candidates: SymbolRow[];
  uncovered: Uncovered[];
  truncated: boolean;
  next_cursor?: string | null;
}

export interface SymbolFound extends Structural {
  definition: WholeSymbol | null;
  source: { text: string; path: string; start_line: number; end_line: number; stale: boolean } | null;
}

export interface Impact extends Structural {
  results: (Reached & { effect: "will" | "may" | "test" })[];
  tests: Reached[];
  entry_points: SymbolRow[];
}

export interface Meaning {
  symbol: WholeSymbol | null;
  external: string | null;
  relation: string | null;
  tier: Tier;
  site: Site;
}

export interface Occurrence {
  repository: string;
  enclosing: SymbolRow | null;
  meanings: Meaning[];
}

export interface Cited {
  path: string;
  line: number;
  /** The line counts in the file as it was indexed, else as the change leaves it. */
  indexed: boolean;
  text: string;
}

export interface Finding extends Cited {
  kind: string;
  severity: "error" | "warning" | "information";
  cites: Cited[];
}

export interface Review {
  repository: string;
  base: string;
  target: string;
  risk: "low" | "medium" | "high";
  reasons: { points: number; text: string }[];
  findings: Finding[];
  files: { path: string; status: string; added_lines: number; removed_lines: number; owners: string[]; authors: { name: string; commits: number }[] }[];
  will_break: Reached[];
  may_break: Reached[];
  tests: Reached[];
  untested: SymbolRow[];
  stale: string[];
  notes: string[];
}

export type Rest = ReturnType<typeof restOver>;

/** Returns the page's calls and the editor's over a transport. */
export function restOver(transport: Transport) {
  const client = clientOver(transport);
  const of = (symbol: string, what = "") => `/symbols/${encodeURIComponent(symbol)}${what}`;
  return {
    ...client,
    transport,
    occurrence: (repository: string, path: string, line: number, name: string, signal?: AbortSignal) =>
      client.read<Occurrence>("/files/occurrence", { repository, path, line, name }, signal),
    symbol: (symbol: string, signal?: AbortSignal) => client.read<SymbolFound>(of(symbol), {}, signal),
    callers: (symbol: string, depth = 1, limit = 100, signal?: AbortSignal) =>
      client.read<Structural>(of(symbol, "/callers"), { depth, limit }, signal),
    tests: async (symbol: string, limit = 200, signal?: AbortSignal) => testsAmong(await client.read<Structural>(of(symbol, "/tests"), { limit }, signal)),
    impact: (symbol: string, signal?: AbortSignal) => client.read<Impact>("/impact", { symbol }, signal),
    review: (repository: string, revisions = "", signal?: AbortSignal) => client.read<Review>("/review", { repository, revisions }, signal),
    reviewDiff: async (repository: string, diff: string, base: string, signal?: AbortSignal): Promise<Review> =>
      (await client.send("/review", { method: "POST", body: JSON.stringify({ repository, diff, base }), signal })).json(),
  };
}

/** The rows that are tests themselves; where there are none, the modules of tests that use it as they are loaded. */
function testsAmong(found: Structural): Structural {
  const functions = found.results.filter((row) => row.symbol.kind === "function" || row.symbol.kind === "method");
  return functions.length ? { ...found, results: functions } : found;
}

/** How many rows there are, as far as the reply says: `12`, or `100+` where it was cut. */
export function counted(found: Structural): string {
  return `${found.results.length}${found.truncated || found.next_cursor ? "+" : ""}`;
}
