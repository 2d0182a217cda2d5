// The way to the server: fetch with the key, and nothing else. No vscode here: units run it in plain Node.
import { Problem, type Transport } from "../../../web/src/api";

export interface Access {
  /** Where the server answers, without a slash at the end. */
  url(): string;
  key(): Promise<string | undefined>;
  /** Told after each response, and with 0 when there was none. */
  answered(status: number): void;
}

const TIMEOUT_MS = 30_000;
const REVIEW_TIMEOUT_MS = 180_000;

/** Returns the address without its end slash. Raises Problem for one that is no HTTP address, or that carries credentials. */
export function addressOf(setting: string): string {
  let url: URL;
  try {
    url = new URL(setting.trim());
  } catch {
    throw new Problem(0, "bad_address", `${JSON.stringify(setting)} is no address of a server.`, "Set `clew.server.url`, such as http://127.0.0.1:8674.");
  }
  if (!["http:", "https:"].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new Problem(0, "bad_address", `${JSON.stringify(setting)} is no plain HTTP address.`, "Set `clew.server.url`; the API key has its own command.");
  }
  return url.href.replace(/\/+$/, "");
}

/** Whether the address is this machine's own. */
export function isLocal(address: string): boolean {
  return URL.canParse(address) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(address).hostname);
}

/** Whether a key may travel there: encrypted, or within this machine. */
export function mayCarryKey(address: string): boolean {
  return address.startsWith("https:") || isLocal(address);
}

/** Fetches below `/api/v1`. The key leaves in no other direction: redirects are not followed. */
export function httpTransport(access: Access, fetching: typeof fetch = fetch): Transport {
  return async (path, init) => {
    const address = addressOf(access.url());
    const headers = new Headers(init.headers);
    const key = await access.key();
    if (key) {
      if (!mayCarryKey(address)) {
        throw new Problem(0, "bare_key", `The key is not sent to ${address} unencrypted.`, "Use an https:// address, or forget the key.");
      }
      headers.set("Authorization", `Bearer ${key}`);
    }
    const streamed = headers.has("Last-Event-ID") || path.endsWith("/events") || path === "/chat";
    const patience = path.startsWith("/review") ? REVIEW_TIMEOUT_MS : TIMEOUT_MS;
    const signals = [init.signal, streamed ? undefined : AbortSignal.timeout(patience)].filter((one) => one instanceof AbortSignal);
    let response: Response;
    try {
      response = await fetching(`${address}/api/v1${path}`, { ...init, headers, redirect: "error", signal: AbortSignal.any(signals) });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      access.answered(0);
      if ((error as Error).name === "TimeoutError") {
        throw new Problem(0, "slow", `The server at ${address} took longer than ${patience / 1_000} s.`, "Try again.");
      }
      throw new Problem(0, "unreachable", `The server at ${address} does not answer.`, "Start it (`clew serve`), or set `clew.server.url`.");
    }
    access.answered(response.status);
    return response;
  };
}
