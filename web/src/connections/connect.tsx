import { useState } from "preact/hooks";
import type { Connection, Credential } from "./calls";
import { Expression } from "./schedules";

const HISTORIES = {
  last: ["the last commit", { depth: 1, blobless: false }],
  whole: ["the whole history", { depth: 0, blobless: false }],
  messages: ["the whole history without past contents", { depth: 0, blobless: true }],
} as const;
const EMPTY = { url: "", name: "", branch: "", credential: "", schedule: "every 1h" };

/** An order to clone a repository. */
export function Connect({ credentials, connect }: { credentials: Credential[]; connect: (order: Connection) => Promise<unknown> }) {
  const [given, setGiven] = useState(EMPTY);
  const [history, setHistory] = useState<keyof typeof HISTORIES>("last");
  const field = (name: keyof typeof EMPTY) => (event: { currentTarget: { value: string } }) => setGiven({ ...given, [name]: event.currentTarget.value });
  const order = async () => {
    const trimmed = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.trim()])) as typeof EMPTY;
    if (await connect({ ...trimmed, ...HISTORIES[history][1] })) setGiven(EMPTY);
  };
  return (
    <form
      class="order"
      aria-label="Connect a repository"
      onSubmit={(event) => {
        event.preventDefault();
        void order();
      }}
    >
      <h2>Connect a repository</h2>
      <label class="wide">Address <input required type="text" spellcheck={false} placeholder="https://git.example.org/team/shop.git" value={given.url} onInput={field("url")} /></label>
      <label>Name here <input value={given.name} placeholder="as it is called there" onInput={field("name")} /></label>
      <label>Branch <input value={given.branch} placeholder="its host's own" onInput={field("branch")} /></label>
      <label>Opened by <select value={given.credential} onChange={field("credential")}><option value="">nothing (public)</option>{credentials.map((one) => <option key={one.name} value={one.name}>{one.name} ({one.host})</option>)}</select></label>
      <label>Fetch <select value={history} onChange={(event) => setHistory(event.currentTarget.value as keyof typeof HISTORIES)}>{Object.entries(HISTORIES).map(([name, [said]]) => <option key={name} value={name}>{said}</option>)}</select></label>
      <label>Schedule <Expression label="Schedule" value={given.schedule} change={(schedule) => setGiven({ ...given, schedule })} /></label>
      <button type="submit" disabled={!given.url.trim()}>Connect it</button>
    </form>
  );
}
