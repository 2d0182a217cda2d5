import { useState } from "preact/hooks";
import { when } from "../admin/numbers";
import type { Connections, Credential, Doing } from "./calls";

interface Props {
  credentials: Credential[];
  calls: Connections;
  doing: Doing;
}

const EMPTY = { name: "", host: "", username: "", secret: "" };

/** What opens private repositories: names and hosts, never a secret. */
export function Credentials({ credentials, calls, doing }: Props) {
  const [replacing, setReplacing] = useState<Credential>();
  const end = async (one: Credential) => {
    if (confirm(`Forget the credential ${one.name} for ${one.host}?`)) await doing(calls.endCredential(one.name), `${one.name} is forgotten.`);
  };
  return (
    <>
      <h2>Credentials</h2>
      <p class="quiet">Each is sealed, belongs to one host, and is sent to no other.</p>
      <ul class="jobs" aria-label="Credentials">
        {credentials.map((one) => (
          <li key={one.name}>
            <b>{one.name}</b> <span>{one.kind === "ssh" ? "private key" : "token"} for <code>{one.host}</code>{one.username && ` as ${one.username}`}</span>
            <span class="quiet">{one.rotated_at ? `replaced ${when(one.rotated_at)}` : `kept since ${when(one.created_at)}`}</span>
            <button type="button" class="small" aria-label={`Replace the secret of ${one.name}`} onClick={() => setReplacing(one)}>Replace</button>
            <button type="button" class="small" aria-label={`Forget ${one.name}`} onClick={() => void end(one)}>Forget</button>
          </li>
        ))}
      </ul>
      {replacing && <Replace key={replacing.name} one={replacing} calls={calls} doing={doing} done={() => setReplacing(undefined)} />}
      <Keep calls={calls} doing={doing} />
    </>
  );
}

function Replace({ one, calls, doing, done }: Omit<Props, "credentials"> & { one: Credential; done: () => void }) {
  const [secret, setSecret] = useState("");
  const replace = async () => {
    if (await doing(calls.rotateCredential(one.name, secret), `${one.name} has another secret.`)) done();
  };
  return (
    <form
      class="order"
      aria-label={`Another secret for ${one.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void replace();
      }}
    >
      <h3>Another secret for {one.name}</h3>
      <Secret kind={one.kind} value={secret} change={setSecret} />
      <button type="submit" disabled={!secret}>Replace it</button>
      <button type="button" onClick={done}>Leave it</button>
    </form>
  );
}

function Keep({ calls, doing }: Omit<Props, "credentials">) {
  const [given, setGiven] = useState(EMPTY);
  const [kind, setKind] = useState<Credential["kind"]>("token");
  const set = (name: keyof typeof EMPTY, value: string) => setGiven({ ...given, [name]: value });
  const keep = async () => {
    const { name, host, username, secret } = given;
    if (await doing(calls.addCredential({ name: name.trim(), kind, host: host.trim(), username: username.trim(), secret }), `${name.trim()} is kept.`)) setGiven(EMPTY);
  };
  return (
    <form
      class="order"
      aria-label="Keep a credential"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <h3>Keep a credential</h3>
      <label>Called <input required value={given.name} placeholder="robot" onInput={(event) => set("name", event.currentTarget.value)} /></label>
      <label>For the host <input required value={given.host} placeholder="git.example.org" onInput={(event) => set("host", event.currentTarget.value)} /></label>
      <label>Kind <select value={kind} onChange={(event) => setKind(event.currentTarget.value as Credential["kind"])}><option value="token">token or password</option><option value="ssh">private key (ssh)</option></select></label>
      <label>User <input autocomplete="off" value={given.username} placeholder="where the host wants one" onInput={(event) => set("username", event.currentTarget.value)} /></label>
      <Secret kind={kind} value={given.secret} change={(value) => set("secret", value)} />
      <button type="submit" disabled={!given.name.trim() || !given.host.trim() || !given.secret}>Keep it</button>
    </form>
  );
}

function Secret({ kind, value, change }: { kind: Credential["kind"]; value: string; change: (value: string) => void }) {
  return kind === "ssh" ? (
    <label class="wide">Private key, without a passphrase <textarea rows={4} spellcheck={false} autocomplete="off" value={value} onInput={(event) => change(event.currentTarget.value)} /></label>
  ) : (
    <label>Secret <input type="password" autocomplete="off" value={value} onInput={(event) => change(event.currentTarget.value)} /></label>
  );
}
