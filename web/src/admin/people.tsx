import { useState } from "preact/hooks";
import { Failure } from "../failure";
import { Once } from "../once";
import { Loading, useRead } from "../symbols";
import { RIGHTS, type administration, type Key, type Principal, type Right } from "./calls";
import { Table } from "./charts";
import { day } from "./numbers";

type Admin = ReturnType<typeof administration>;
const LIFETIMES: [string, number | null][] = [["30 days", 30], ["90 days", 90], ["a year", 365], ["no end", null]];
const DAY_S = 86_400;
const words = (text: string) => text.split(/[,\s]+/).filter(Boolean);

/** Who may ask, with which keys, and what each is granted. */
export function PeoplePage({ admin }: { admin: Admin }) {
  const people = useRead(() => admin.principals(), []);
  const keys = useRead(() => admin.keys(), []);
  const [failed, setFailed] = useState<Error>();
  const [made, setMade] = useState<Key & { key: string }>();
  const [chosen, setChosen] = useState<Principal>();
  const again = () => {
    people.retry();
    keys.retry();
  };
  const doing = async <T,>(what: Promise<T>): Promise<T | undefined> => {
    setFailed(undefined);
    try {
      const result = await what;
      again();
      return result;
    } catch (error) {
      setFailed(error as Error);
      return undefined;
    }
  };
  const rotate = async (key: Key) => {
    if (!confirm(`Exchange the key ${key.id} of ${key.principal}? The old one ends at once.`)) return;
    setMade(await doing(admin.rotateKey(key.id)));
  };
  const revoke = async (key: Key) => {
    if (confirm(`Revoke the key ${key.id} of ${key.principal}? Whoever uses it is refused from now on.`)) await doing(admin.revokeKey(key.id));
  };
  const error = failed ?? people.failed ?? keys.failed;
  return (
    <>
      {error && <Failure error={error} retry={again} />}
      {made && <Once label="The new key" value={made.key} done={() => setMade(undefined)}><b>The key of {made.principal}</b>: keep it now, it is not shown again.</Once>}
      <h2>People and services</h2>
      {!people.found && !people.failed && <Loading />}
      {people.found?.length === 0 && <p>Nobody is kept here yet: a key makes its principal. People of an identity provider come in without being kept.</p>}
      {people.found && people.found.length > 0 && (
        <Table
          words
          label="People and services"
          head={["Name", "Kind", "Teams", "Roles", "State", ""]}
          rows={people.found.map((one) => [
            one.id,
            one.kind,
            one.teams.join(", ") || "–",
            one.roles.join(", ") || "–",
            one.disabled ? <span class="state failed">disabled</span> : "may come in",
            <button type="button" class="small" aria-label={`Change ${one.id}`} aria-pressed={chosen?.id === one.id} onClick={() => setChosen(chosen?.id === one.id ? undefined : one)}>Change</button>,
          ])}
        />
      )}
      {chosen && <Person key={chosen.id} one={chosen} admin={admin} save={async (said) => { const after = await doing(admin.setPrincipal(chosen.id, said)); if (after) setChosen(after); }} />}
      <h2>Keys</h2>
      {keys.found?.length === 0 && <p>There is no key yet.</p>}
      {keys.found && keys.found.length > 0 && (
        <Table
          words
          label="Keys"
          head={["Of", "Key", "May", "State", "Used", "Ends", ""]}
          rows={keys.found.map((one) => [
            one.principal,
            <><code>{one.id}</code> {one.label}</>,
            one.rights.join(", "),
            <span class={`state ${one.state === "live" ? "finished" : "failed"}`}>{one.state}</span>,
            day(one.used_at),
            day(one.expires_at),
            one.state === "live" && (
              <>
                <button type="button" class="small" aria-label={`Exchange ${one.id}`} onClick={() => void rotate(one)}>Exchange</button>{" "}
                <button type="button" class="small" aria-label={`Revoke ${one.id}`} onClick={() => void revoke(one)}>Revoke</button>
              </>
            ),
          ])}
        />
      )}
      <Create create={async (order) => setMade(await doing(admin.createKey(order)))} />
    </>
  );
}

function Create({ create }: { create: (order: Parameters<Admin["createKey"]>[0]) => Promise<void> }) {
  const [principal, setPrincipal] = useState("");
  const [label, setLabel] = useState("");
  const [kind, setKind] = useState("user");
  const [roles, setRoles] = useState("reader");
  const [teams, setTeams] = useState("");
  const [rights, setRights] = useState<Right[]>(["ask", "read"]);
  const [days, setDays] = useState<number | null>(90);
  return (
    <form
      class="order"
      aria-label="Make a key"
      onSubmit={(event) => {
        event.preventDefault();
        void create({ principal: principal.trim(), label: label.trim(), kind, rights, roles: words(roles), teams: words(teams), lifetime_s: days === null ? null : days * DAY_S });
      }}
    >
      <h3>Make a key</h3>
      <label>For <input required value={principal} placeholder="ann" onInput={(event) => setPrincipal(event.currentTarget.value)} /></label>
      <label>What it is for <input value={label} placeholder="laptop" onInput={(event) => setLabel(event.currentTarget.value)} /></label>
      <label>Kind <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}><option value="user">a person</option><option value="service">a service</option></select></label>
      <label>Roles <input value={roles} onInput={(event) => setRoles(event.currentTarget.value)} /></label>
      <label>Teams <input value={teams} onInput={(event) => setTeams(event.currentTarget.value)} /></label>
      <label>Ends after <select value={String(days)} onChange={(event) => setDays(event.currentTarget.value === "null" ? null : Number(event.currentTarget.value))}>{LIFETIMES.map(([name, n]) => <option key={name} value={String(n)}>{name}</option>)}</select></label>
      <fieldset>
        <legend>May</legend>
        {RIGHTS.map((right) => (
          <label key={right}><input type="checkbox" checked={rights.includes(right)} onChange={(event) => setRights(event.currentTarget.checked ? [...rights, right] : rights.filter((one) => one !== right))} /> {right}</label>
        ))}
      </fieldset>
      <button type="submit" disabled={!principal.trim() || !rights.length}>Make it</button>
    </form>
  );
}

function Person({ one, admin, save }: { one: Principal; admin: Admin; save: (said: { teams: string[]; roles: string[]; disabled: boolean }) => Promise<void> }) {
  const [teams, setTeams] = useState(one.teams.join(", "));
  const [roles, setRoles] = useState(one.roles.join(", "));
  const [disabled, setDisabled] = useState(one.disabled);
  const { found, failed } = useRead(() => admin.grants(one.id), [one]);
  return (
    <section class="card" aria-label={`About ${one.id}`}>
      <form
        class="order"
        onSubmit={(event) => {
          event.preventDefault();
          void save({ teams: words(teams), roles: words(roles), disabled });
        }}
      >
        <h3>{one.id}</h3>
        <label>Roles <input value={roles} onInput={(event) => setRoles(event.currentTarget.value)} /></label>
        <label>Teams <input value={teams} onInput={(event) => setTeams(event.currentTarget.value)} /></label>
        <label><input type="checkbox" checked={disabled} onChange={(event) => setDisabled(event.currentTarget.checked)} /> Disabled: may nothing, with any key</label>
        <button type="submit">Save</button>
      </form>
      {failed && <Failure error={failed} />}
      {found && <p>{found.admin ? "Looks after the server." : "Does not look after the server."} What the policies grant:</p>}
      {found?.repositories.length === 0 && <p class="quiet">No repository is indexed.</p>}
      {found && found.repositories.length > 0 && (
        <Table
          words
          label={`Grants of ${one.id}`}
          head={["Repository", "ask", "read", "index"]}
          rows={found.repositories.map(({ repository, rights }) => [
            repository,
            ...(["ask", "read", "index"] as const).map((right) => (
              <span key={right} class={rights[right].allowed ? "mark verified" : "mark refuted"} title={rights[right].policies.join(", ") || "no policy permits it"}>
                {rights[right].allowed ? "✓" : "✗"} {rights[right].policies.join(", ") || "no policy"}
              </span>
            )),
          ])}
        />
      )}
    </section>
  );
}
