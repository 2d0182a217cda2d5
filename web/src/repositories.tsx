import { useEffect, useState } from "preact/hooks";
import { useDoor } from "./door";
import { Failure } from "./failure";
import type { Job, Repository } from "./shapes";

const ACTIVE = ["queued", "running"];

/** What is indexed, how fresh it is, and runs under way. */
export function Repositories({ repositories, changed }: { repositories: Repository[] | undefined; changed: () => void }) {
  const { client } = useDoor();
  const [jobs, setJobs] = useState<Job[]>([]);
  const [failed, setFailed] = useState<Error>();
  const [path, setPath] = useState("");
  const reload = () => void client.jobs().then(setJobs, setFailed);
  useEffect(reload, []);
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
  return (
    <main class="page" id="main" tabIndex={-1}>
      <h1>Repositories</h1>
      {failed && <Failure error={failed} />}
      {!repositories && <p class="quiet" role="status">Reading…</p>}
      {repositories && repositories.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Repositories">
          <table>
            <thead>
              <tr><th>Name</th><th>Indexed</th><th>Revision</th><th class="n">Files</th><th class="n">Lines</th><th class="n">Symbols</th><th class="n">Relations</th><th><span class="hidden">Update</span></th></tr>
            </thead>
            <tbody>
              {repositories.map((one) => (
                <tr key={one.name}>
                  <th scope="row" title={one.root}>{one.name}</th>
                  <td>{new Date(one.indexed_at).toLocaleString()}</td>
                  <td><code>{one.revision.replace("worktree:", "").slice(0, 12)}</code></td>
                  {[one.files, one.lines, one.symbols, one.relations].map((count, index) => <td class="n" key={index}>{count.toLocaleString()}</td>)}
                  <td><button type="button" onClick={() => start({ repository: one.name })} aria-label={`Update ${one.name}`}>Update</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <form class="inline" onSubmit={(event) => { event.preventDefault(); start({ path: path.trim() }); }}>
        <label>Index a folder of the server <input value={path} placeholder="/src/shop" onInput={(event) => setPath(event.currentTarget.value)} /></label>
        <button type="submit" disabled={!path.trim()}>Index</button>
      </form>
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
            {ACTIVE.includes(job.state) && <button type="button" onClick={() => void client.cancel(job.id).then(reload, setFailed)}>Cancel</button>}
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
