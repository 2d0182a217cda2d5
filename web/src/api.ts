// The calls below /api/v1. How they travel is given: the page fetches, an editor's webview passes messages to its extension.
import { createParser } from "eventsource-parser";
import type { Answer, Health, Impact, Job, Lines, Me, Neighbours, Outline, Question, Repository, SearchRow, Said, Thread, Told, Turn } from "./shapes";

export type * from "./shapes";

/** Sends a request (`path` begins below /api/v1) and resolves with the response, whatever its status; rejects where there is none. */
export type Transport = (path: string, init: RequestInit) => Promise<Response>;

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

type Values = Record<string, string | number | undefined>;
const ENDINGS = new Set(["final", "asked_back", "error", "stopped"]);
const TRIES = 5;

export type Client = ReturnType<typeof clientOver>;

/** Returns the calls over a transport. */
export function clientOver(transport: Transport) {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (init.body !== undefined) headers.set("Content-Type", "application/json");
    let response: Response;
    try {
      response = await transport(path, { ...init, headers });
    } catch (error) {
      if ((error as Error).name === "AbortError" || error instanceof Problem) throw error;
      throw new Problem(0, "unreachable", "The server does not answer.", "See whether `clew serve` still runs, then try again.");
    }
    if (response.ok) return response;
    throw problemOf(response.status, await response.json().catch(() => ({ detail: response.statusText })));
  }
  const read = async <T>(path: string, values: Values = {}, signal?: AbortSignal): Promise<T> =>
    (await send(path + query(values), { signal })).json();
  const write = (method: string, path: string, body: unknown = {}) => send(path, { method, body: method === "DELETE" ? undefined : JSON.stringify(body) });
  const whole = async <T>(method: string, path: string, body?: unknown): Promise<T> => (await write(method, path, body)).json();

  /** Asks, and yields what is told; a connection that breaks is taken up where it stopped. */
  async function* ask(question: Question, signal: AbortSignal): AsyncGenerator<Told> {
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
  async function* follow(job: string, signal: AbortSignal): AsyncGenerator<Told> {
    yield* eventsOf(await send(`/jobs/${job}/events`, { signal }));
  }

  const thread = (id: string) => `/threads/${encodeURIComponent(id)}`;
  return {
    send,
    read,
    whole,
    ask,
    follow,
    stop: (stream: string) => write("DELETE", `/chat/${stream}`),
    me: () => read<Me>("/me"),
    health: (name: string) => read<Health>(`/repositories/${encodeURIComponent(name)}/health`),
    share: async (id: string) => (await whole<{ shared: string }>("PUT", `${thread(id)}/share`)).shared,
    unshare: (id: string) => write("DELETE", `${thread(id)}/share`),
    shared: (name: string) => read<{ title: string; turns: Turn[] }>(`/threads/shared/${name}`),
    repositories: async () => (await read<{ repositories: Repository[] }>("/repositories", { limit: 100 })).repositories,
    threads: async () => (await read<{ threads: Thread[] }>("/threads", { limit: 100 })).threads,
    thread: (id: string) => read<{ id: string; title: string; turns: Turn[] }>(thread(id)),
    rename: (id: string, title: string) => write("PATCH", thread(id), { title }),
    forget: (id: string) => write("DELETE", thread(id)),
    markdown: async (id: string) => (await send(`${thread(id)}/markdown`)).text(),
    lines: (place: { repository?: string; path: string; start: number; end: number }) =>
      read<Lines>("/files/lines", { repository: place.repository, path: place.path, start_line: place.start, end_line: place.end }),
    outline: (repository: string, path: string) => read<Outline>("/files/outline", { repository, path }),
    search: async (q: string, kind: string, repository: string, signal: AbortSignal, limit = 12) =>
      (await read<{ results: SearchRow[] }>("/search", { q, kind, repository, limit }, signal)).results,
    neighbours: (symbol: string, depth: number) =>
      read<Neighbours>(`/symbols/${encodeURIComponent(symbol)}/neighbourhood`, { depth, limit: 60 }),
    impact: (symbol: string, depth: number) => read<Impact>("/impact", { symbol, depth, limit: 500 }),
    jobs: async (limit: number) => (await read<{ jobs: Job[] }>("/jobs", { limit })).jobs,
    index: (order: { repository?: string; path?: string; force?: boolean }) => whole<Job>("POST", "/jobs", order),
    cancel: (id: string) => write("POST", `/jobs/${id}/cancel`, {}),
    /** Tells what a person thought of an answer, or of a claim of it, or did with it: also while the page is being left. */
    say: (run_id: string, ...signals: Said[]) => send("/feedback/signals", { method: "POST", body: JSON.stringify({ run_id, signals }), keepalive: true }),
    /** Lets an answer that a model wrote serve as an example, or erases it. */
    accept: (run_id: string, accepted: boolean) => write("POST", "/feedback", { run_id, accepted }),
  };
}

function query(values: Values): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Reads an error as the server words it. */
export function problemOf(status: number, body: { code?: string; detail?: string; next_step?: string }): Problem {
  return new Problem(status, body.code ?? String(status), body.detail ?? "The server refused.", body.next_step ?? "Try again.");
}

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

/** Whether an answer's words are a model's, so that they may serve as an example. */
export function isWritten(answer: Answer): boolean {
  return answer.level === "model" || answer.level === "fallback_model";
}
