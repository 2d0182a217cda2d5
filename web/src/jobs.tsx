// Index runs, followed while they go on.
import { useLayoutEffect, useState } from "preact/hooks";
import { useDoor } from "./door";
import type { Job } from "./shapes";

export interface Jobs {
  /** The newest first. */
  jobs: Job[];
  failed: Error | undefined;
  active: (job: Job) => boolean;
  reload: () => void;
  start: (order: { repository?: string; path?: string }) => void;
  cancel: (job: Job) => void;
}

/** The last `limit` runs that one may see; `ended` is called whenever one of them has. */
export function useJobs(may: boolean, limit: number, ended: () => void): Jobs {
  const { client } = useDoor();
  const [jobs, setJobs] = useState<Job[]>([]);
  const [failed, setFailed] = useState<Error>();
  const [refused, setRefused] = useState<Error>();
  const reload = () => {
    if (!may) return;
    client.jobs(limit).then((all) => {
      setJobs(all);
      setFailed(undefined);
    }, setFailed);
  };
  useLayoutEffect(reload, [may]);
  const under_way = jobs.filter(active).map((job) => job.id).join(" ");
  useLayoutEffect(() => {
    const stop = new AbortController();
    for (const id of under_way.split(" ").filter(Boolean)) {
      void (async () => {
        for await (const told of client.follow(id, stop.signal)) {
          if (told.name !== "job") continue;
          setJobs((all) => all.map((job) => (job.id === id ? told.data : job)));
          if (!active(told.data)) ended();
        }
      })().catch((error: Error) => stop.signal.aborted || setFailed(error));
    }
    return () => stop.abort();
  }, [under_way]);
  const doing = (what: Promise<unknown>) => {
    setRefused(undefined);
    what.then(reload, setRefused);
  };
  return { jobs, failed: refused ?? failed, active, reload, start: (order) => doing(client.index(order)), cancel: (job) => doing(client.cancel(job.id)) };
}

function active(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}

/** How far a run is; nothing of one that does not run. */
export function Running({ job }: { job: Job }) {
  if (job.state !== "running") return null;
  return (
    <>
      <progress value={job.progress.total ? job.progress.done : undefined} max={job.progress.total || undefined} aria-label={`Progress of ${job.repository ?? job.root}`} />
      <span class="quiet">{standing(job)}</span>
    </>
  );
}

/** Why a run failed, and what to do about it. */
export function Reason({ job }: { job: Job }) {
  if (!job.error) return null;
  return (
    <p class="reason">
      <em>{job.error.message ?? job.error.detail}</em> <span class="quiet">{job.error.next_step}</span>
    </p>
  );
}

export function standing(job: Job): string {
  const { stage, done, total, rate_per_s, remaining_s } = job.progress;
  return [
    stage,
    total ? `${done.toLocaleString()} of ${total.toLocaleString()}` : "",
    rate_per_s ? `${Math.round(rate_per_s).toLocaleString()}/s` : "",
    remaining_s ? `about ${Math.ceil(remaining_s)} s left` : "",
  ].filter(Boolean).join(" · ");
}
