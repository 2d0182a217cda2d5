import { useEffect, useState } from "preact/hooks";
import { useDoor } from "./door";
import { Failure } from "./failure";
import { Health } from "./health";
import type { Job, Repository } from "./shapes";
import { Loading } from "./symbols";

const ACTIVE = ["queued", "running"];
const SHOWN = 12;

/** What is indexed, how healthy it is, and runs under way. */
export function Repositories({ repositories, mayIndex, changed }: { repositories: Repository[] | undefined; mayIndex: boolean; changed: () => void }) {
  const { client } = useDoor();
  const [jobs, setJobs] = useState<Job[]>([]);
  const [failed, setFailed] = useState<Error>();
  const [path, setPath] = useState("");
  const [shown, setShown] = useState(SHOWN);
  const reload = () => {
    if (mayIndex) client.jobs().then(setJobs, setFailed);
  };
  useEffect(reload, [mayIndex]);
  const under_way = jobs.filter((job) => ACTIVE.includes(job.state)).map((job) => job.id).join(" ");
  useEffect(() => {
    const stop = new AbortController();
    for (const id of under_way.split(" ").filter(Boolean)) {
      void (async () => {
        for await (const told of client.follow(id, stop.signal)) {
          if (told.name === "job") setJobs((all) => all.map((job) => (job.id === id ? told.data : job)));
        }
        changed();
      })().catch((error: Error) => stop.signal.aborted || setFailed(error));
    }
    return () => stop.abort();
  }, [under_way]);
  const start = (order: { repository?: string; path?: string }) => {
    setFailed(undefined);
    client.index(order).then(reload, setFailed);
  };
  const running = (one: Repository) => jobs.find((job) => ACTIVE.includes(job.state) && (job.repository === one.name || (one.root !== "" && job.root === one.root)));
  return (
    <main class="page" id="main" tabIndex={-1}>
      <h1>Repositories</h1>
      {failed && <Failure error={failed} />}
      {!repositories && <Loading />}
      {repositories?.length === 0 && <p>Nothing is indexed yet, or nothing that you may see. <code>clew index</code> on the server indexes a folder.</p>}
      <div class="cards">
        {repositories?.slice(0, shown).map((one) => (
          <section class="card" key={one.name} aria-label={one.name}>
            <header>
              <h2 title={one.root}>{one.name}</h2>
              {mayIndex && <button type="button" class="small" disabled={!!running(one)} onClick={() => start({ repository: one.name })} aria-label={`Update ${one.name}`}>Update</button>}
            </header>
            <p class="quiet">
              {one.files.toLocaleString()} files · {one.lines.toLocaleString()} lines · {one.symbols.toLocaleString()} symbols · {one.relations.toLocaleString()} relations
            </p>
            <p class="quiet">indexed {new Date(one.indexed_at).toLocaleString()} at <code>{one.revision.replace("worktree:", "").slice(0, 12)}</code></p>
            <Health repository={one} />
          </section>
        ))}
      </div>
      {repositories && repositories.length > shown && <button type="button" onClick={() => setShown(shown + 50)}>Show {Math.min(50, repositories.length - shown)} more</button>}
      {mayIndex && <form class="inline" onSubmit={(event) => { event.preventDefault(); start({ path: path.trim() }); }}>
        <label>Index a folder of the server <input value={path} placeholder="/src/shop" onInput={(event) => setPath(event.currentTarget.value)} /></label>
        <button type="submit" disabled={!path.trim()}>Index</button>
      </form>}
      {jobs.length > 0 && <h2>Runs</h2>}
      <ul class="jobs">
        {jobs.map((job) => (
          <li key={job.id}>
            <b>{job.repository ?? job.root}</b> <span class={`state ${job.state}`}>{job.state}</span>
            {job.state === "running" && (
              <>
                <progress value={job.progress.total ? job.progress.done : undefined} max={job.progress.total || undefined} aria-label={`Progress of ${job.repository ?? job.root}`} />
                <span class="quiet">{standing(job)}</span>
              </>
            )}
            {ACTIVE.includes(job.state) && <button type="button" class="small" onClick={() => void client.cancel(job.id).then(reload, setFailed)}>Cancel</button>}
            {job.ended_at !== null && job.ended_at !== undefined && <span class="quiet">{new Date(job.ended_at * 1_000).toLocaleString()}</span>}
            {job.error && <em>{job.error.message ?? job.error.detail} {job.error.next_step}</em>}
          </li>
        ))}
      </ul>
    </main>
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
