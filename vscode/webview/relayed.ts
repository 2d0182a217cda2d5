// The sidebar's way to the server: messages to the extension, which makes the request and passes on what comes.
import { Problem, type Transport } from "../../web/src/api";
import type { FromSidebar, ToSidebar } from "../src/chat/messages";

export interface Port {
  post(message: FromSidebar): void;
  listen(listener: (message: ToSidebar) => void): void;
}

interface Pending {
  resolve: (response: Response) => void;
  reject: (error: unknown) => void;
  body?: ReadableStreamDefaultController<Uint8Array>;
}

const BODILESS = new Set([204, 205, 304]);

export function relayedTransport(port: Port): Transport {
  const pending = new Map<number, Pending>();
  const encoder = new TextEncoder();
  let last = 0;

  port.listen((message) => {
    if (!("id" in message)) return;
    const one = pending.get(message.id);
    if (!one) return;
    switch (message.type) {
      case "head": {
        const body = BODILESS.has(message.status) ? null : new ReadableStream<Uint8Array>({ start: (controller) => void (one.body = controller) });
        one.resolve(new Response(body, { status: message.status, headers: message.headers }));
        break;
      }
      case "chunk":
        one.body?.enqueue(encoder.encode(message.text));
        break;
      case "end":
        pending.delete(message.id);
        one.body?.close();
        break;
      case "failed": {
        pending.delete(message.id);
        const { status, code, message: said, nextStep } = message.problem;
        const problem = new Problem(status, code, said, nextStep);
        if (one.body) one.body.error(problem);
        else one.reject(problem);
        break;
      }
    }
  });

  return (path, init) =>
    new Promise<Response>((resolve, reject) => {
      const id = ++last;
      const abort = () => {
        const one = pending.get(id);
        if (!one) return;
        pending.delete(id);
        port.post({ type: "abort", id });
        const reason = new DOMException("Aborted", "AbortError");
        one.body?.error(reason);
        reject(reason);
      };
      if (init.signal?.aborted) return reject(new DOMException("Aborted", "AbortError"));
      init.signal?.addEventListener("abort", abort, { once: true });
      pending.set(id, { resolve, reject });
      port.post({
        type: "request",
        id,
        path,
        method: init.method ?? "GET",
        headers: [...new Headers(init.headers)],
        body: typeof init.body === "string" ? init.body : undefined,
      });
    });
}
