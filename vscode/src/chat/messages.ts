// What the sidebar and the extension say to each other. The sidebar has no network: it asks for a request to be made, by a list of what may be.
import type { State } from "../server/connection";
import type { Review } from "../server/rest";
import type { Place } from "../editor/places";

export type FromSidebar =
  | { type: "ready" }
  | { type: "request"; id: number; path: string; method: string; headers: [string, string][]; body: string | undefined }
  | { type: "abort"; id: number }
  | { type: "open"; place: Place }
  | { type: "show"; symbol: string; view: "near" | "impact" }
  | { type: "run"; command: SidebarCommand };

export type ToSidebar =
  | { type: "head"; id: number; status: number; headers: [string, string][] }
  | { type: "chunk"; id: number; text: string }
  | { type: "end"; id: number }
  | { type: "failed"; id: number; problem: { status: number; code: string; message: string; nextStep: string } }
  | { type: "state"; state: State; repository: string; address: string; mayStart: boolean }
  | { type: "drawing"; symbol: string; view: "near" | "impact" }
  | { type: "review"; review: Review; left: string[]; what: string }
  | { type: "conversation"; thread?: string; question?: string };

/** What a button of the sidebar may run. */
export const COMMANDS = ["clew.connect", "clew.key.set", "clew.server.start", "clew.index", "clew.settings", "clew.review", "clew.review.clear"] as const;
export type SidebarCommand = (typeof COMMANDS)[number];

const ALLOWED: readonly [string, RegExp][] = [
  ["POST", /^\/chat$/],
  ["DELETE", /^\/chat\/[0-9a-f]{32}$/],
  ["GET", /^\/chat\/[0-9a-f]{32}\/events$/],
  ["GET", /^\/threads(\?[^#]*)?$/],
  ["GET", /^\/threads\/[\w.%~-]+$/],
  ["GET", /^\/symbols\/[\w.%~()!*'-]+\/neighbourhood(\?[^#]*)?$/],
  ["GET", /^\/impact\?[^#]*$/],
  ["POST", /^\/feedback(\/signals)?$/],
];

/** Whether a page may have a request made: conversations, feedback and what is drawn; nothing that administers. */
export function isAllowed(method: string, path: string): boolean {
  return !path.split("?")[0]!.includes("..") && ALLOWED.some(([verb, pattern]) => verb === method && pattern.test(path));
}
