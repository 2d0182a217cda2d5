// Brings the index of a repository up to date on the server, with its progress in sight. No vscode here: units run it in plain Node.
import { Problem } from "../../../web/src/api";
import type { Job } from "../../../web/src/shapes";
import type { Rest } from "../server/rest";

const ENDED = new Set(["finished", "failed", "cancelled", "interrupted"]);

/** Starts an index run and follows it to its end; raises Problem where it did not succeed. Aborting cancels the run on the server. */
export async function updateIndex(rest: Rest, repository: string, signal: AbortSignal, tell: (said: string) => void): Promise<void> {
  const job = await rest.index({ repository });
  const cancel = () => void rest.cancel(job.id).catch(() => undefined);
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    let last = job;
    for await (const told of rest.follow(job.id, new AbortController().signal)) {
      if (told.name !== "job") continue;
      last = told.data as Job;
      if (ENDED.has(last.state)) break;
      tell(progressText(last));
    }
    if (last.state === "finished" || last.state === "cancelled") return;
    const error = last.error ?? {};
    throw new Problem(0, "index_failed", error.message ?? error.detail ?? `The index run is ${last.state}.`, error.next_step ?? "See the server's log.");
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

export function progressText({ state, progress }: Job): string {
  if (state === "queued") return "waits for another run";
  const done = progress.total ? ` ${progress.done.toLocaleString("en")} of ${progress.total.toLocaleString("en")}` : "";
  const left = progress.remaining_s ? `, ${Math.ceil(progress.remaining_s)} s left` : "";
  return `${progress.stage || "begins"}${done}${left}`;
}
