import { useLayoutEffect, useState } from "preact/hooks";
import { Problem } from "../api";
import { Failure } from "../failure";
import { Loading, useRead } from "../symbols";
import type { administration, Change } from "./calls";
import { Table } from "./charts";

const shown = (value: unknown) => (value === "" || value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value));

/** The file of settings: looked at, checked, compared, written, with what it said before. */
export function ConfigurationPage({ admin }: { admin: ReturnType<typeof administration> }) {
  const { found, failed, retry } = useRead(() => admin.configuration(), []);
  const history = useRead(() => admin.history(), [found?.digest]);
  const [text, setText] = useState("");
  const [changes, setChanges] = useState<Change[]>();
  const [refused, setRefused] = useState<Error>();
  const [said, say] = useState("");
  const [filter, setFilter] = useState("");
  useLayoutEffect(() => {
    if (found) setText(found.text);
  }, [found?.digest]);
  const edit = (next: string) => {
    setText(next);
    setChanges(undefined);
    setRefused(undefined);
    say("");
  };
  const check = () => {
    setRefused(undefined);
    admin.check(text).then(({ changes, refused }) => {
      if (refused) setRefused(new Problem(400, "input", refused.message, refused.next_step));
      else setChanges(changes);
    }, setRefused);
  };
  const write = () =>
    admin.write(text, found!.digest).then(() => {
      setChanges(undefined);
      say("Written. It takes effect when the server starts again.");
      retry();
    }, setRefused);
  if (failed) return <Failure error={failed} retry={retry} />;
  if (!found) return <Loading />;
  const wanted = filter.toLowerCase();
  const settings = found.settings.filter((one) => `${one.name} ${one.meaning}`.toLowerCase().includes(wanted));
  return (
    <>
      <h2>The file</h2>
      <p class="quiet"><code>{found.file}</code>{found.text ? "" : ", which is not there yet"}</p>
      {!found.writable && <p>It is not written from here: set <code>serve.configurable</code> on a server that knows its callers, or edit it on the server. What you write below can be checked all the same.</p>}
      <label class="editor">
        <span class="hidden">Settings</span>
        <textarea rows={Math.min(24, Math.max(6, text.split("\n").length + 1))} spellcheck={false} value={text} placeholder={"model:\n  writer: extractive"} onInput={(event) => edit(event.currentTarget.value)} />
      </label>
      <div class="inline">
        <button type="button" onClick={check}>Check</button>
        {found.writable && <button type="button" disabled={!changes?.length && text === found.text} onClick={() => void write()}>Write it</button>}
        {text !== found.text && <button type="button" onClick={() => edit(found.text)}>Back to the file</button>}
        <span role="status">{said || (changes && (changes.length ? `The server would start with it; ${changes.length} ${changes.length === 1 ? "setting" : "settings"} would change.` : "The server would start with it; nothing would change."))}</span>
      </div>
      {refused && <Failure error={refused} />}
      {changes && changes.length > 0 && <Table words label="What would change" head={["Setting", "Now", "Then"]} rows={changes.map((one) => [<code>{one.name}</code>, shown(one.before), shown(one.after)])} />}
      <h2>Written before</h2>
      {history.failed && <Failure error={history.failed} />}
      {history.found?.length === 0 && <p class="quiet">Nothing was written from here yet.</p>}
      <ul class="jobs">
        {history.found?.map((one) => (
          <li key={`${one.at}`}>
            {new Date(one.at * 1_000).toLocaleString()} by <b>{one.by || "somebody who was erased"}</b> <code>{one.digest.slice(0, 12)}</code>
            {one.text !== null && <button type="button" class="small" onClick={() => edit(one.text!)}>Put into the editor</button>}
          </li>
        ))}
      </ul>
      <h2>In force</h2>
      <div class="inline"><label>Find <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} /></label></div>
      {settings.length === 0 && <p>No setting is called so.</p>}
      {settings.length > 0 && (
        <Table
          words
          label="Settings in force"
          head={["Setting", "Value", "Default", "Meaning"]}
          rows={settings.map((one) => {
            const other = JSON.stringify(one.value) !== JSON.stringify(one.default);
            return [<code>{one.name}</code>, <span class="value">{other ? <b>{shown(one.value)}</b> : shown(one.value)}</span>, <span class="value">{shown(one.default)}</span>, <span class="meaning">{one.meaning}</span>];
          })}
        />
      )}
    </>
  );
}
