import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useDoor } from "../door";
import { Failure } from "../failure";
import { useJobs } from "../jobs";
import { Once } from "../once";
import { Loading, useRead } from "../symbols";
import { connections, type Webhook } from "./calls";
import { Connect } from "./connect";
import { Credentials } from "./credentials";
import { SourceCard } from "./source";
import "../forms.css";
import "./connections.css";

const RUNS = 100;
const PAUSE_MS = 15_000;

/** Repositories that lie elsewhere: where from, when they are fetched, how the last run went, who tells of pushes. */
export default function ConnectionsPage({ changed }: { changed: () => void }) {
  const { client } = useDoor();
  const calls = useMemo(() => connections(client), [client]);
  const { found, failed, retry } = useRead(() => calls.state(), []);
  const runs = useJobs(true, RUNS, () => {
    retry();
    changed();
  });
  const again = useRef(() => undefined as void);
  again.current = () => {
    retry();
    runs.reload();
  };
  // Schedules and pushes begin runs that nobody began here.
  useLayoutEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && again.current(), PAUSE_MS);
    return () => clearInterval(timer);
  }, []);
  const [refused, setRefused] = useState<Error>();
  const [said, say] = useState("");
  const [made, setMade] = useState<Webhook & { secret: string }>();
  const doing = async <T,>(what: Promise<T>, then = ""): Promise<T | undefined> => {
    setRefused(undefined);
    say("");
    try {
      const result = await what;
      say(then);
      again.current();
      return result;
    } catch (error) {
      setRefused(error as Error);
      return undefined;
    }
  };
  const error = refused ?? failed ?? runs.failed;
  return (
    <main class="page connections" id="main" tabIndex={-1}>
      <h1>Connected repositories</h1>
      <p class="quiet">They lie elsewhere: Clew clones them, indexes them and keeps them up to date by schedule, and whenever their host tells of a push.</p>
      {error && <Failure error={error} retry={refused ? undefined : retry} />}
      <p role="status" class="said">{said}</p>
      {made && (
        <Once label="The secret of the webhook" value={made.secret} done={() => setMade(undefined)}>
          <b>A webhook for {made.repository}</b>: give {made.provider} the address <code>{location.origin}{made.path}</code> and this secret, which is not shown again.
        </Once>
      )}
      {!found && !failed && <Loading />}
      {found && (
        <>
          {found.sources.length === 0 && <p>Nothing is connected yet. Give an address below; a private repository needs a credential first.</p>}
          <div class="cards">
            {found.sources.map((source) => (
              <SourceCard
                key={source.repository}
                source={source}
                schedule={found.schedules.find((one) => one.repository === source.repository)}
                webhooks={found.webhooks.filter((one) => one.repository === source.repository)}
                runs={runs}
                calls={calls}
                doing={doing}
                show={setMade}
              />
            ))}
          </div>
          <Connect credentials={found.credentials} connect={(order) => doing(calls.connect(order), "It is connected; its first run has begun.")} />
          <Credentials credentials={found.credentials} calls={calls} doing={doing} />
        </>
      )}
    </main>
  );
}
