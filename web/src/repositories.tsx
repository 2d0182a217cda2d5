import { useState } from "preact/hooks";
import { Failure } from "./failure";
import { Health } from "./health";
import { Reason, Running, useJobs } from "./jobs";
import type { Repository } from "./shapes";
import { Loading } from "./symbols";

const SHOWN = 12;
const RUNS = 20;

/** What is indexed, how healthy it is, and runs under way. */
const counted = (count: number, noun: string) => `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;

export function Repositories({ repositories, mayIndex, changed }: { repositories: Repository[] | undefined; mayIndex: boolean; changed: () => void }) {
  const [path, setPath] = useState("");
  const [shown, setShown] = useState(SHOWN);
  const { jobs, failed, start, cancel, active } = useJobs(mayIndex, RUNS, changed);
  const running = (one: Repository) => jobs.some((job) => active(job) && (job.repository === one.name || (one.root !== "" && job.root === one.root)));
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
              {mayIndex && <button type="button" class="small" disabled={running(one)} onClick={() => start({ repository: one.name })} aria-label={`Update ${one.name}`}>Update</button>}
            </header>
            <p class="quiet">
              {counted(one.files, "file")} · {counted(one.lines, "line")} · {counted(one.symbols, "symbol")} · {counted(one.relations, "relation")}
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
            <Running job={job} />
            {active(job) && <button type="button" class="small" onClick={() => cancel(job)}>Cancel</button>}
            {job.ended_at !== null && job.ended_at !== undefined && <span class="quiet">{new Date(job.ended_at * 1_000).toLocaleString()}</span>}
            <Reason job={job} />
          </li>
        ))}
      </ul>
    </main>
  );
}
