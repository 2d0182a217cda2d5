// Makes the sidebar's requests and passes what comes back, piece by piece. No vscode here: units run it in plain Node.
import { Problem, type Transport } from "../../../web/src/api";
import { isAllowed, type FromSidebar, type ToSidebar } from "./messages";

type Request = Extract<FromSidebar, { type: "request" }>;

export class Relay {
  private readonly running = new Map<number, AbortController>();

  constructor(
    private readonly transport: Transport,
    private readonly post: (message: ToSidebar) => void,
  ) {}

  async request({ id, path, method, headers, body }: Request): Promise<void> {
    const stopping = new AbortController();
    this.running.set(id, stopping);
    try {
      if (!isAllowed(method, path)) throw new Problem(403, "not_allowed", "The sidebar may not ask for this.", "");
      const response = await this.transport(path, { method, headers: new Headers(headers), body, signal: stopping.signal });
      this.post({ type: "head", id, status: response.status, headers: [...response.headers] });
      if (response.body) {
        for await (const text of response.body.pipeThrough(new TextDecoderStream())) this.post({ type: "chunk", id, text });
      }
      this.post({ type: "end", id });
    } catch (error) {
      if (!stopping.signal.aborted) this.post({ type: "failed", id, problem: told(error) });
    } finally {
      this.running.delete(id);
    }
  }

  abort(id: number): void {
    this.running.get(id)?.abort();
  }

  /** Ends what still runs: the sidebar is gone. */
  close(): void {
    for (const one of this.running.values()) one.abort();
    this.running.clear();
  }
}

function told(error: unknown): { status: number; code: string; message: string; nextStep: string } {
  if (error instanceof Problem) return { status: error.status, code: error.code, message: error.message, nextStep: error.nextStep };
  return { status: 0, code: "cut", message: "The connection broke.", nextStep: "Ask again." };
}
