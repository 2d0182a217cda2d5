// What the status bar says of the server and of the index. No vscode here: units run it in plain Node.
import type { State } from "../server/connection";
import type { Repository } from "../server/rest";

export interface Health {
  text: string;
  tooltip: string;
  warns: boolean;
}

/** What the status bar says. head: the commit that is checked out, where git tells it. */
export function healthOf(state: State, repository: Repository | undefined, head: string | undefined, now: number): Health {
  if (state.kind === "asking") return { text: "$(sync~spin) Clew", tooltip: "Asking the server", warns: false };
  if (state.kind !== "ready") return { text: `$(warning) Clew: ${SHORT[state.kind]}`, tooltip: `${state.message}\n${state.nextStep}`, warns: true };
  if (!repository) {
    const known = state.repositories.map((one) => one.name).join(", ") || "nothing";
    return { text: "$(circle-slash) Clew: not indexed", tooltip: `This folder is no indexed repository. Indexed: ${known}.`, warns: false };
  }
  const age = ageOf(repository.indexed_at, now);
  const behind = head !== undefined && COMMIT.test(repository.revision) && !sameCommit(head, repository.revision);
  const facts = `${repository.name}: ${repository.files.toLocaleString("en")} files, ${repository.symbols.toLocaleString("en")} symbols, indexed ${age}`;
  if (!behind) return { text: `$(check) Clew: ${repository.name}`, tooltip: facts, warns: false };
  const commits = `at ${repository.revision.slice(0, 12)}; checked out is ${head.slice(0, 12)}`;
  return { text: "$(history) Clew: other commit", tooltip: `${facts}, ${commits}. Index it again, or keep it fresh with \`clew watch\`.`, warns: false };
}

/** Where files differ from the commit, the revision is a hash of what they hold, which no commit can be compared with. */
const COMMIT = /^[0-9a-f]{7,64}$/;
const SHORT: Record<string, string> = { unreachable: "no server", unauthorised: "needs a key", old: "old server", failed: "trouble" };

function sameCommit(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length) === other.slice(0, length);
}

export function ageOf(iso: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000);
  if (!Number.isFinite(minutes)) return "at an unknown time";
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 60 / 24)} days ago`;
}
