// What the server says, as docs/openapi.json describes it.

export type Status = "verified" | "unverified" | "unknown" | "refuted";

export interface Citation {
  repository: string;
  path: string;
  start_line: number;
  end_line: number;
  symbol: string | null;
  revision: string;
}

/** relations: what it states, by symbol ids; tier: how sure the weakest of them is. */
export interface Claim {
  text: string;
  status: Status;
  citations: Citation[];
  reasons: string[];
  tier: string | null;
  relations: { kind: string; source: string; target: string }[];
}

export interface Finding {
  gate: string;
  kind: string;
  severity: string;
  message: string;
}

export interface Answer {
  answer: string;
  verdict: string;
  level: string;
  model: string | null;
  route: string;
  release: string;
  latency_ms: number;
  cost_usd: number;
  run_id: string;
  thread_id: string;
  citations: Citation[];
  claims: Claim[];
  unknowns: string[];
  follow_ups: string[];
  reading: { intent: string; names: string[] }[];
  findings: Finding[];
  patch: string;
}

export interface Choice {
  label: string;
  place: string;
  value: string;
}

export interface AskedBack {
  question: string;
  choices: Choice[];
  thread_id: string;
}

export interface Repository {
  name: string;
  root: string;
  revision: string;
  generation: number;
  indexed_at: string;
  files: number;
  lines: number;
  symbols: number;
  relations: number;
}

export interface Health {
  files: number;
  languages: Record<string, number>;
  not_covered: { counts: Record<string, number>; first: { path: string; reason: string }[] };
  tiers: Record<string, number>;
  unresolved: number;
  staleness: { state: "fresh" | "stale" | "missing"; changed: number; added: number; deleted: number; first: string[] };
  notes: string[];
}

/** Who asks. known: the server knows its callers; admin: may look after it; connect: may have it clone repositories. */
export interface Me {
  known: boolean;
  id: string;
  name: string;
  rights: string[];
  admin: boolean;
  connect: boolean;
}

export interface Thread {
  id: string;
  title: string;
  updated_at: number;
  turns: number;
}

export interface Turn {
  number: number;
  question: string;
  answer: string;
  verdict: string;
  level: string;
  run_id: string;
}

export interface Job {
  id: string;
  state: "queued" | "running" | "finished" | "failed" | "cancelled" | "interrupted";
  root: string;
  repository: string | null;
  progress: { stage: string; done: number; total: number; rate_per_s: number | null; remaining_s: number | null; note: string };
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  retry_at: number | null;
  error: { detail?: string; message?: string; next_step?: string } | null;
}

export interface Lines {
  repository: string;
  path: string;
  start_line: number;
  end_line: number;
  text: string;
  revision: string;
  stale: boolean;
}

export interface Outline {
  symbols: { id: string; kind: string; qualified_name: string; line: number }[];
}

export interface SearchRow {
  repository: string;
  path: string;
  start_line: number;
  end_line: number;
  symbol: string | null;
  kind: string;
  why: string;
}

export interface SymbolRow {
  id: string;
  kind: string;
  qualified_name: string;
  path: string;
  line: number;
}

export interface Node extends SymbolRow {
  depth: number;
  is_test: boolean;
}

export interface Edge {
  kind: string;
  tier: string;
  source: string;
  target: string | null;
  external: string | null;
  site: { path: string; line: number };
}

export interface Neighbours {
  symbol: SymbolRow | null;
  candidates: SymbolRow[];
  nodes: Node[];
  edges: Edge[];
  truncated: boolean;
}

export interface ImpactRow {
  symbol: SymbolRow;
  site: { path: string; line: number } | null;
  tier: string;
  depth: number;
  relation: string;
  effect: "will" | "may" | "test";
  via: string | null;
}

export interface Impact {
  symbol: SymbolRow | null;
  verdict: string;
  results: ImpactRow[];
  candidates: SymbolRow[];
  uncovered: { path: string; line: number; reason: string }[];
  tests: { symbol: SymbolRow }[];
  entry_points: SymbolRow[];
  truncated: boolean;
}

/** An event of a streamed answer: its name, and its data as the server wrote it. */
export interface Told {
  name: string;
  id: string;
  data: any;
}

export interface Question {
  question: string;
  thread_id?: string;
  repositories?: string[];
  replies?: string[];
}

/** One thing that a person said of an answer, or did with it. claim: which one, from 0; rank: at which place it was shown, from 0. */
export interface Said {
  signal: "thumb" | "correction" | "copied" | "opened" | "dwell";
  value?: number;
  claim?: number;
  rank?: number;
  place?: string;
  correction?: string;
}
