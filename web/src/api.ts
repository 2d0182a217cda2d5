// What the server says, as docs/openapi.json describes it, and the calls that ask for it.
import { createParser } from "eventsource-parser";

export type Status = "verified" | "unverified" | "unknown" | "refuted";

export interface Citation {
  path: string;
  start_line: number;
  end_line: number;
  symbol: string | null;
  revision: string;
}

export interface Claim {
  text: string;
  status: Status;
  citations: Citation[];
  reasons: string[];
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
  indexed_at: string;
  files: number;
  lines: number;
  symbols: number;
  relations: number;
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

export interface Node {
  id: string;
  kind: string;
  qualified_name: string;
  path: string;
  line: number;
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
  symbol: Node | null;
  candidates: Node[];
  nodes: Node[];
  edges: Edge[];
  truncated: boolean;
}

/** An event of a streamed answer: its name, and its data as the server wrote it. */
export interface Told {
  name: string;
  id: string;
  data: any;
}

/** A problem (RFC 9457): what failed and what to do about it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly nextStep: string,
  ) {
    super(detail);
  }
}

const BASE = "/api/v1";
const KEY = "clew.key";

/** The API key of this tab, for servers that ask for one; it is gone with the tab. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value: string) => sessionStorage.setItem(KEY, value),
};

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (init.body !== undefined) headers.set("Content-Type", "application/json");
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  let response: Response;
  try {
    response = await fetch(BASE + path, { ...init, headers });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "The server does not answer.", "See whether `clew serve` still runs, then try again.");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Problem(
    response.status,
    body.code ?? String(response.status),
    body.detail ?? response.statusText,
    body.next_step ?? "Try again.",
  );
}

function query(values: Record<string, string | number | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : "";
}

async function read<T>(path: string, values: Record<string, string | number | undefined> = {}, signal?: AbortSignal): Promise<T> {
  return (await send(path + query(values), { signal })).json();
}

export const api = {
  repositories: async () => (await read<{ repositories: Repository[] }>("/repositories", { limit: 100 })).repositories,
  threads: async () => (await read<{ threads: Thread[] }>("/threads", { limit: 100 })).threads,
  thread: (id: string) => read<{ id: string; title: string; turns: Turn[] }>(`/threads/${encodeURIComponent(id)}`),
  rename: (id: string, title: string) =>
    send(`/threads/${encodeURIComponent(id)}`, { method: "PATCH", body: JSON.stringify({ title }) }),
  forget: (id: string) => send(`/threads/${encodeURIComponent(id)}`, { method: "DELETE" }),
  markdown: async (id: string) => (await send(`/threads/${encodeURIComponent(id)}/markdown`)).text(),
  lines: (place: { repository?: string; path: string; start: number; end: number }) =>
    read<Lines>("/files/lines", { repository: place.repository, path: place.path, start_line: place.start, end_line: place.end }),
  outline: (repository: string, path: string) => read<Outline>("/files/outline", { repository, path }),
  search: async (q: string, kind: string, repository: string, signal: AbortSignal) =>
    (await read<{ results: SearchRow[] }>("/search", { q, kind, repository, limit: 12 }, signal)).results,
  neighbours: (symbol: string, depth: number) =>
    read<Neighbours>(`/symbols/${encodeURIComponent(symbol)}/neighbourhood`, { depth, limit: 60 }),
  jobs: async () => (await read<{ jobs: Job[] }>("/jobs", { limit: 20 })).jobs,
  index: async (order: { repository?: string; path?: string; force?: boolean }) =>
    (await send("/jobs", { method: "POST", body: JSON.stringify(order) })).json() as Promise<Job>,
  cancel: (id: string) => send(`/jobs/${id}/cancel`, { method: "POST", body: "{}" }),
  judge: (run_id: string, accepted: boolean) =>
    send("/feedback", { method: "POST", body: JSON.stringify({ run_id, accepted }) }),
  stop: (stream: string) => send(`/chat/${stream}`, { method: "DELETE" }),
};

/** Yields the events of a response until it ends. */
export async function* eventsOf(response: Response): AsyncGenerator<Told> {
  const ready: Told[] = [];
  const parser = createParser({
    onEvent: (event) => ready.push({ name: event.event ?? "message", id: event.id ?? "", data: JSON.parse(event.data) }),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(value);
    yield* ready.splice(0);
  }
}

export interface Question {
  question: string;
  thread_id?: string;
  repositories?: string[];
  replies?: string[];
}

const ENDINGS = new Set(["final", "asked_back", "error", "stopped"]);
const TRIES = 5;

/** Asks, and yields what is told; a connection that breaks is taken up where it stopped. */
export async function* ask(question: Question, signal: AbortSignal): AsyncGenerator<Told> {
  let response = await send("/chat", { method: "POST", body: JSON.stringify({ ...question, stream: true, clarify: true }), signal });
  let stream = "";
  let last = "";
  for (let failed = 0; ; ) {
    try {
      for await (const told of eventsOf(response)) {
        failed = 0;
        last = told.id;
        if (told.name === "started") stream = told.data.stream_id;
        yield told;
        if (ENDINGS.has(told.name)) return;
      }
    } catch (error) {
      if (signal.aborted) throw error;
    }
    if (!stream || ++failed > TRIES) throw new Problem(0, "cut", "The connection broke.", "Ask again.");
    await new Promise((resume) => setTimeout(resume, 200 * 2 ** failed));
    response = await send(`/chat/${stream}/events`, { headers: { "Last-Event-ID": last }, signal });
  }
}

/** Follows a job until it ends. */
export async function* follow(job: string, signal: AbortSignal): AsyncGenerator<Told> {
  yield* eventsOf(await send(`/jobs/${job}/events`, { signal }));
}
