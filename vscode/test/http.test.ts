import { describe, expect, test } from "vitest";
import { Problem } from "../../web/src/api";
import { addressOf, httpTransport, isLocal, mayCarryKey } from "../src/server/http";

function transport(url: string, key: string | undefined, fetching: typeof fetch) {
  const heard: number[] = [];
  return { heard, send: httpTransport({ url: () => url, key: async () => key, answered: (status) => heard.push(status) }, fetching) };
}

describe("the address", () => {
  test.each(["http://127.0.0.1:8674", "http://127.0.0.1:8674/", "  https://clew.example/sub/  "])("%s is taken", (setting) => {
    expect(addressOf(setting)).toBe(setting.trim().replace(/\/$/, ""));
  });
  test.each(["", "clew", "file:///etc/passwd", "javascript:alert(1)", "http://me:secret@host", "http://host/?a=1", "http://host/#a"])("%s is refused", (setting) => {
    expect(() => addressOf(setting)).toThrow(Problem);
  });
  test("a key travels encrypted, or within this machine", () => {
    expect(["https://clew.example", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"].every(mayCarryKey)).toBe(true);
    expect(mayCarryKey("http://clew.example")).toBe(false);
    expect(isLocal("http://127.0.0.1.evil.example")).toBe(false);
  });
});

describe("a request", () => {
  test("goes below /api/v1 with the key, and follows no redirect", async () => {
    const seen: [string, RequestInit][] = [];
    const { send, heard } = transport("http://127.0.0.1:8674/", "k3y", async (url, init) => {
      seen.push([String(url), init!]);
      return new Response("{}", { status: 200 });
    });
    await send("/repositories?limit=1", {});
    const [url, init] = seen[0]!;
    expect(url).toBe("http://127.0.0.1:8674/api/v1/repositories?limit=1");
    expect(new Headers(init.headers).get("authorization")).toBe("Bearer k3y");
    expect(init.redirect).toBe("error");
    expect(heard).toEqual([200]);
  });

  test("does not leave with a key for another machine, unencrypted", async () => {
    const { send } = transport("http://clew.example", "k3y", async () => expect.unreachable("nothing may be sent"));
    await expect(send("/chat", {})).rejects.toMatchObject({ code: "bare_key" });
  });

  test("that nobody answers says where, and what helps", async () => {
    const { send, heard } = transport("http://127.0.0.1:9", undefined, async () => {
      throw new TypeError("fetch failed");
    });
    await expect(send("/threads", {})).rejects.toMatchObject({ status: 0, code: "unreachable", message: "The server at http://127.0.0.1:9 does not answer." });
    expect(heard).toEqual([0]);
  });

  test("that takes too long is given up, but not one that streams", async () => {
    const signals: boolean[] = [];
    const { send } = transport("http://127.0.0.1:9", undefined, async (url, init) => {
      signals.push(Boolean(init?.signal?.aborted));
      if (String(url).endsWith("/threads")) throw new DOMException("late", "TimeoutError");
      return new Response("");
    });
    await expect(send("/threads", {})).rejects.toMatchObject({ code: "slow" });
    await send("/chat", {});
    expect(signals).toEqual([false, false]);
  });

  test("that its asker gave up stays an AbortError", async () => {
    const stopping = new AbortController();
    stopping.abort();
    const { send, heard } = transport("http://127.0.0.1:9", undefined, async () => {
      throw new DOMException("gone", "AbortError");
    });
    await expect(send("/threads", { signal: stopping.signal })).rejects.toHaveProperty("name", "AbortError");
    expect(heard).toEqual([]);
  });
});
