import { useState } from "preact/hooks";
import { when } from "../admin/numbers";
import { Reason, Running, type Jobs } from "../jobs";
import type { Job } from "../shapes";
import { PROVIDERS, type Connections, type Doing, type Provider, type Schedule, type Source, type Webhook } from "./calls";
import { Expression } from "./schedules";

interface Props {
  source: Source;
  schedule: Schedule | undefined;
  webhooks: Webhook[];
  runs: Jobs;
  calls: Connections;
  doing: Doing;
  /** Shows the secret of a webhook, this once. */
  show: (made: (Webhook & { secret: string }) | undefined) => void;
}

const GRACE_S = 3_600;

/** One connected repository, and what can be done about it. */
export function SourceCard({ source, schedule, webhooks, runs, calls, doing, show }: Props) {
  const name = source.repository;
  const last = runs.jobs.find((job) => job.repository === name);
  const under_way = last !== undefined && runs.active(last);
  const remove = async () => {
    if (confirm(`Remove ${name}? Its index, its clone, its schedule and its webhooks go; conversations that speak of it stay.`)) await doing(calls.disconnect(name), `${name} is being removed.`);
  };
  return (
    <section class="card source" aria-label={name}>
      <header>
        <h2>{name}</h2>
        <span>
          <button type="button" class="small" disabled={under_way} aria-label={`Run now: ${name}`} onClick={() => runs.start({ repository: name })}>Run now</button>{" "}
          <button type="button" class="small" disabled={under_way} aria-label={`Remove ${name}`} onClick={() => void remove()}>Remove</button>
        </span>
      </header>
      <dl>
        <dt>Address</dt>
        <dd><code>{source.url}</code></dd>
        <dt>Branch</dt>
        <dd>
          {source.branch ?? "not known yet"} {source.follows_default && <span class="quiet">as its host has it</span>}
          {!source.present && <span class="state missing"> deleted; a push brings it back</span>}
        </dd>
        <dt>Fetched</dt>
        <dd>{source.commit && <code>{source.commit.slice(0, 10)}</code>} <span class="quiet">{when(source.fetched_at)}, {history(source)}{source.credential && `, opened by ${source.credential}`}</span></dd>
        <dt>Last run</dt>
        <dd class="run-of">{last ? <Run job={last} cancel={runs.active(last) ? () => runs.cancel(last) : undefined} /> : <span class="quiet">none among the latest</span>}</dd>
        <dt>Schedule</dt>
        <dd><Scheduled name={name} schedule={schedule} calls={calls} doing={doing} /></dd>
        <dt>Webhooks</dt>
        <dd><Hooks name={name} webhooks={webhooks} calls={calls} doing={doing} show={show} /></dd>
      </dl>
    </section>
  );
}

export function history({ depth, blobless }: Pick<Source, "depth" | "blobless">): string {
  const length = depth === 0 ? "whole history" : depth === 1 ? "last commit only" : `last ${depth.toLocaleString()} commits`;
  return blobless ? `${length} without past contents` : length;
}

/** How the last run stands or ended, in words. */
function Run({ job, cancel }: { job: Job; cancel: (() => void) | undefined }) {
  const took = job.started_at !== null && job.ended_at !== null ? `, ${Math.max(1, Math.round(job.ended_at - job.started_at)).toLocaleString()} s` : "";
  return (
    <>
      <span class={`state ${job.state}`}>{job.state}</span> <Running job={job} />
      {job.ended_at !== null && <span class="quiet">{when(job.ended_at)}{took}</span>}
      {job.retry_at !== null && <span class="quiet">tried again {when(job.retry_at)}</span>}
      {cancel && <button type="button" class="small" aria-label={`Cancel the run of ${job.repository}`} onClick={cancel}>Cancel</button>}
      <Reason job={job} />
    </>
  );
}

function Scheduled({ name, schedule, calls, doing }: Pick<Props, "schedule" | "calls" | "doing"> & { name: string }) {
  const [given, setGiven] = useState<string>();
  const save = async () => {
    const text = given!.trim();
    if (!text && !schedule) return setGiven(undefined);
    const after = text ? await doing(calls.setSchedule(name, text), `${name} is scheduled.`) : await doing(calls.endSchedule(name), `${name} has no schedule any more.`);
    if (after) setGiven(undefined);
  };
  if (given === undefined)
    return (
      <>
        {schedule ? <><code>{schedule.expression}</code> <span class="quiet">next {when(schedule.next_at)}</span></> : <span class="quiet">none</span>}{" "}
        <button type="button" class="small" aria-label={`Change the schedule of ${name}`} onClick={() => setGiven(schedule?.expression ?? "")}>Change</button>
      </>
    );
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => event.key === "Escape" && setGiven(undefined)}
    >
      <Expression label={`Schedule of ${name}`} value={given} change={setGiven} first />
      <button type="submit" class="small">Save</button>
      <button type="button" class="small" onClick={() => setGiven(undefined)}>Leave it</button>
    </form>
  );
}

function Hooks({ name, webhooks, calls, doing, show }: Pick<Props, "webhooks" | "calls" | "doing" | "show"> & { name: string }) {
  const [provider, setProvider] = useState<Provider>("github");
  const end = async (hook: Webhook) => {
    if (confirm(`End the webhook of ${name} at ${hook.provider}? What comes to its address is refused from now on.`)) await doing(calls.endWebhook(hook.id), "It is ended.");
  };
  return (
    <>
      <ul class="hooks">
        {webhooks.map((hook) => (
          <li key={hook.id}>
            <b>{hook.provider}</b> <code>{hook.path}</code> <span class="quiet">{hook.heard_at === null ? "not heard of yet" : `heard of ${when(hook.heard_at)}`}</span>{" "}
            <button type="button" class="small" title="The old one is good for another hour" aria-label={`Another secret for ${name} at ${hook.provider}`} onClick={() => void doing(calls.rotateWebhook(hook.id, GRACE_S)).then(show)}>Another secret</button>{" "}
            <button type="button" class="small" aria-label={`End the webhook of ${name} at ${hook.provider}`} onClick={() => void end(hook)}>End</button>
          </li>
        ))}
      </ul>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          void doing(calls.addWebhook(name, provider)).then(show);
        }}
      >
        <label><span class="hidden">Host that tells of pushes to {name}</span>
          <select value={provider} onChange={(event) => setProvider(event.currentTarget.value as Provider)}>{PROVIDERS.map((one) => <option key={one}>{one}</option>)}</select>
        </label>
        <button type="submit" class="small" aria-label={`Make a webhook for ${name}`}>Make a webhook</button>
      </form>
    </>
  );
}
