// The sidebar's transport over the extension's relay: what a response is on one side, it is on the other.
import { describe, expect, test, vi } from "vitest";
import { clientOver, Problem, type Transport } from "../../web/src/api";
import { isAllowed, type FromSidebar, type ToSidebar } from "../src/chat/messages";
import { Relay } from "../src/chat/relay";
import { relayedTransport } from "../webview/relayed";

function wired(transport: Transport) {
  const listeners: ((message: ToSidebar) => void)[] = [];
  const sent: FromSidebar[] = [];
  const relay = new Relay(transport, (message) => listeners.forEach((listener) => listener(structuredClone(message))));
  const client = clientOver(
    relayedTransport({
      post: (message) => {
        sent.push(structuredClone(message));
        if (message.type === "request") void relay.request(message);
        if (message.type === "abort") relay.abort(message.id);
      },
      listen: (listener) => void listeners.push(listener),
    }),
  );
  return { client, sent, relay };
}

const events = (...all: [string, object][]) => all.map(([name, data], number) => `event: ${name}\nid: ${number}\ndata: ${JSON.stringify(data)}\n\n`).join("");

describe("a relayed request", () => {
  test("streams an answer, also where an event comes in pieces and a letter in halves", async () => {
    const text = new TextEncoder().encode(events(["started", { stream_id: "0".repeat(32) }], ["draft", { text: "größer" }], ["final", { answer: "done" }]));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < text.length; at += 7) controller.enqueue(text.slice(at, at + 7));
        controller.close();
      },
    });
    const asked: RequestInit[] = [];
    const { client } = wired(async (_path, init) => {
      asked.push(init);
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    const told: string[] = [];
    for await (const one of client.ask({ question: "who?" }, new AbortController().signal)) told.push(`${one.name} ${one.data.text ?? ""}`.trim());
    expect(told).toEqual(["started", "draft größer", "final"]);
    expect(asked[0]?.method).toBe("POST");
    expect(JSON.parse(String(asked[0]?.body))).toMatchObject({ question: "who?", stream: true });
  });

  test("a problem of the server arrives as it was said", async () => {
    const { client } = wired(async () => new Response(JSON.stringify({ code: "quota", detail: "Too many.", next_step: "Wait." }), { status: 429 }));
    await expect(client.threads()).rejects.toMatchObject({ status: 429, code: "quota", message: "Too many.", nextStep: "Wait." });
  });

  test("a server that is gone is said as the extension says it", async () => {
    const { client } = wired(() => Promise.reject(new Problem(0, "unreachable", "No answer.", "Start it.")));
    await expect(client.threads()).rejects.toMatchObject({ code: "unreachable", nextStep: "Start it." });
  });

  test("a reply without a body has none", async () => {
    const { client } = wired(async () => new Response(null, { status: 204 }));
    await expect(client.stop("0".repeat(32))).resolves.toMatchObject({ status: 204 });
  });

  test("giving up reaches the server's connection", async () => {
    const aborted = vi.fn();
    const { client } = wired(
      (_path, { signal }) =>
        new Promise((_resolve, reject) => {
          signal!.addEventListener("abort", () => {
            aborted();
            reject(new DOMException("gone", "AbortError"));
          });
        }),
    );
    const stopping = new AbortController();
    const asking = client.ask({ question: "who?" }, stopping.signal).next();
    stopping.abort();
    await expect(asking).rejects.toHaveProperty("name", "AbortError");
    expect(aborted).toHaveBeenCalledOnce();
  });

  test("a sidebar that is closed ends what runs", async () => {
    const signals: AbortSignal[] = [];
    const { client, relay } = wired((_path, { signal }) => {
      signals.push(signal!);
      return new Promise(() => undefined);
    });
    void client.threads();
    relay.close();
    expect(signals.map((one) => one.aborted)).toEqual([true]);
  });

  test("what is not a conversation or feedback is not asked for", async () => {
    const transport = vi.fn();
    const { client } = wired(transport);
    await expect(client.send("/admin/usage")).rejects.toMatchObject({ status: 403 });
    await expect(client.index({ path: "/etc" })).rejects.toMatchObject({ status: 403 });
    expect(transport).not.toHaveBeenCalled();
  });
});

test.each([
  ["POST", "/chat", true],
  ["GET", "/chat", false],
  ["DELETE", `/chat/${"a1".repeat(16)}`, true],
  ["DELETE", "/chat/../threads/x", false],
  ["GET", `/chat/${"a1".repeat(16)}/events`, true],
  ["GET", "/threads?limit=100", true],
  ["GET", "/threads/a%20b", true],
  ["GET", "/threads/../admin/usage", false],
  ["DELETE", "/threads/a", false],
  ["GET", "/symbols/shop%3Ashop%2Fmodels.py%23price/neighbourhood?depth=1&limit=60", true],
  ["GET", "/symbols/shop%3Ashop%2Fmodels.py%23price/callers", false],
  ["GET", "/impact?symbol=a..b&depth=2", true],
  ["GET", "/impact/../admin/usage?x", false],
  ["POST", "/feedback/signals", true],
  ["POST", "/jobs", false],
  ["GET", "/admin/audit", false],
])("%s %s: %s", (method, path, allowed) => expect(isAllowed(method, path)).toBe(allowed));
