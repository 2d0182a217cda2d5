// What the status bar says of the server and of the index. No vscode here: units run it in plain Node.
import type { Health } from "../../../web/src/shapes";
import type { State } from "../server/connection";
import type { Repository } from "../server/rest";

export interface Said {
  text: string;
  tooltip: string;
  warns: boolean;
}

export interface Known {
  /** The repository of this window, where it is indexed. */
  repository?: Repository;
  /** How well it is covered, and how far its folder has moved on, as the server sees it. */
  health?: Health;
  /** The commit that is checked out here, where git tells it. */
  head?: string;
}

/** Where files differ from the commit, the revision is a hash of what they hold, which no commit can be compared with. */
const COMMIT = /^[0-9a-f]{7,64}$/;
const SHORT: Record<string, string> = { unreachable: "no server", unauthorised: "needs a key", old: "old server", failed: "trouble" };

export function healthOf(state: State, { repository, health, head }: Known, now: number): Said {
  if (state.kind === "asking") return { text: "$(sync~spin) Clew", tooltip: "Asking the server", warns: false };
  if (state.kind !== "ready") return { text: `$(warning) Clew: ${SHORT[state.kind]}`, tooltip: `${state.message}\n${state.nextStep}`, warns: true };
  if (!repository) {
    const known = state.repositories.map((one) => one.name).join(", ") || "nothing";
    return { text: "$(circle-slash) Clew: not indexed", tooltip: `This folder is no indexed repository. Indexed: ${known}.`, warns: false };
  }
  const facts = [`${repository.name}: ${counted(repository.files, "file")}, ${counted(repository.symbols, "symbol")}, indexed ${ageOf(repository.indexed_at, now)}`];
  if (health) facts.push(...coverageOf(health));
  const moved = movedOn(repository, health, head);
  if (moved) facts.push(`${moved.said} Update the index, or keep it fresh with \`clew watch\`.`);
  return { text: moved ? `$(history) Clew: ${moved.short}` : `$(check) Clew: ${repository.name}`, tooltip: facts.join("\n"), warns: false };
}

function coverageOf({ not_covered, tiers }: Health): string[] {
  const reasons = Object.entries(not_covered.counts);
  const missing = reasons.reduce((sum, [, count]) => sum + count, 0);
  const total = Object.values(tiers).reduce((sum, count) => sum + count, 0);
  const shares = Object.entries(tiers).map(([tier, count]) => `${Math.round((100 * count) / total)} % ${tier}`);
  return [
    ...(missing ? [`${counted(missing, "file")} not read: ${reasons.map(([reason, count]) => `${reason.replaceAll("_", " ")} ${count}`).join(", ")}`] : ["every file was read"]),
    ...(total ? [`relations: ${shares.join(", ")}`] : []),
  ];
}

/** What has changed since the index was made: on the server's disk; where it has no copy of its own, by the commit that is checked out here. */
function movedOn(repository: Repository, health: Health | undefined, head: string | undefined): { short: string; said: string } | undefined {
  const { state, changed, added, deleted } = health?.staleness ?? { state: "missing", changed: 0, added: 0, deleted: 0 };
  if (state === "stale") {
    const parts = Object.entries({ changed, added, deleted }).filter(([, count]) => count);
    return { short: `${counted(changed + added + deleted, "file")} changed`, said: `Since then: ${parts.map(([word, count]) => `${count} ${word}`).join(", ")}.` };
  }
  if (state === "fresh" || !head || !COMMIT.test(repository.revision) || sameCommit(head, repository.revision)) return undefined;
  return { short: "other commit", said: `It is of ${repository.revision.slice(0, 12)}; checked out is ${head.slice(0, 12)}.` };
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

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
