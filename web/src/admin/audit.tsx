import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../failure";
import { Loading } from "../symbols";
import type { administration, LedgerEvent, Verification } from "./calls";
import { Table } from "./charts";
import { when } from "./numbers";

const STREAMS = ["answers", "feedback", "administration"];
const KINDS: Record<string, string[]> = {
  answers: ["asked", "served", "model", "finding", "answered", "unanswered"],
  feedback: ["feedback"],
  administration: ["budget", "key", "policy", "configuration", "job", "pruned", "erased", "exported", "lost"],
};
const BRIEF = 160;

/** What happened: searched, and verified. */
export function AuditPage({ admin }: { admin: ReturnType<typeof administration> }) {
  const [filter, setFilter] = useState({ stream: "answers", kind: "", run: "", user: "" });
  const [events, setEvents] = useState<LedgerEvent[]>();
  const [cursor, setCursor] = useState<string | null>(null);
  const [failed, setFailed] = useState<Error>();
  const [verified, setVerified] = useState<Verification | "running">();
  const latest = useRef(0);
  const read = (more?: string) => {
    const mine = ++latest.current;
    setFailed(undefined);
    admin.audit({ ...filter, cursor: more }).then(
      (page) => {
        if (mine !== latest.current) return;
        setEvents((before) => (more ? [...(before ?? []), ...page.events] : page.events));
        setCursor(page.next_cursor);
      },
      (error: Error) => mine === latest.current && setFailed(error),
    );
  };
  useLayoutEffect(() => read(), [filter.stream, filter.kind]);
  const verify = () => {
    setVerified("running");
    admin.verify().then(setVerified, (error) => { setVerified(undefined); setFailed(error); });
  };
  return (
    <>
      <form class="inline" role="search" aria-label="Events" onSubmit={(event) => { event.preventDefault(); read(); }}>
        <label>Stream <select value={filter.stream} onChange={(event) => setFilter({ ...filter, stream: event.currentTarget.value, kind: "" })}>{STREAMS.map((one) => <option key={one}>{one}</option>)}</select></label>
        <label>Kind <select value={filter.kind} onChange={(event) => setFilter({ ...filter, kind: event.currentTarget.value })}><option value="">any</option>{KINDS[filter.stream]!.map((one) => <option key={one}>{one}</option>)}</select></label>
        <label>Person <input value={filter.user} onInput={(event) => setFilter({ ...filter, user: event.currentTarget.value })} /></label>
        <label>Run <input value={filter.run} placeholder="its id, or how it begins" onInput={(event) => setFilter({ ...filter, run: event.currentTarget.value.trim() })} /></label>
        <button type="submit">Search</button>
        <button type="button" disabled={verified === "running"} onClick={verify}>{verified === "running" ? "Verifying…" : "Verify the whole Ledger"}</button>
      </form>
      <div role="status">
        {verified && verified !== "running" && (
          <p class={verified.sound ? "sound" : "failure"}>
            {verified.sound ? `✓ Sound: all ${verified.events.toLocaleString()} events are as they were written.` : "✗ Not sound:"}{" "}
            {verified.streams.filter((one) => one.broken).map((one) => `${one.stream} at ${one.broken!.number}: ${one.broken!.message}`).join("; ")}
          </p>
        )}
      </div>
      {failed && <Failure error={failed} retry={() => read()} />}
      {!events && !failed && <Loading />}
      {events?.length === 0 && <p>No event fits.</p>}
      {events && events.length > 0 && (
        <Table
          words
          label="Events"
          head={["Number", "When", "Kind", "Who", "What"]}
          rows={events.map((one) => [one.number, when(one.at), one.kind, one.user || "–", <What event={one} />])}
        />
      )}
      {cursor && <button type="button" onClick={() => read(cursor)}>Show more</button>}
    </>
  );
}

function What({ event }: { event: LedgerEvent }) {
  const words = event.words === null ? { erased: "its words can no longer be read" } : event.words;
  const entries = Object.entries({ ...words, ...event.fields }).filter(([, value]) => value !== "" && value !== null && !(Array.isArray(value) && !value.length));
  const text = entries.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const brief = text.join(" · ");
  return brief.length <= BRIEF ? <span class="what">{brief}</span> : (
    <details class="what">
      <summary>{brief.slice(0, BRIEF)}…</summary>
      {text.map((line) => <p key={line}>{line}</p>)}
    </details>
  );
}
