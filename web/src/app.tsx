import { useCallback, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Chat } from "./chat";
import { DoorProvider, type Door } from "./door";
import { Failure } from "./failure";
import { Impact } from "./impact";
import { Later } from "./later";
import { Lines } from "./lines";
import { client, key } from "./page";
import type { Place } from "./places";
import { Repositories } from "./repositories";
import { Search } from "./search";
import { Shared } from "./shared";
import type { Claim, Me, Repository, Thread } from "./shapes";
import { Symbol } from "./symbol";
import { Threads } from "./threads";

/** Where in the page a person is: `#/`, `#/threads/ID`, `#/repositories`, `#/connections`, `#/symbols/ID`, `#/impact/ID`, `#/shared/NAME`, `#/admin/PAGE`. */
function useRoute(): string[] {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const [route, setRoute] = useState(read);
  useLayoutEffect(() => {
    const changed = () => setRoute(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

export function App() {
  const [page = "", id] = useRoute();
  const [repositories, setRepositories] = useState<Repository[]>();
  const [repository, setRepository] = useState("");
  const [threads, setThreads] = useState<Thread[]>([]);
  const [opened, setOpened] = useState<{ place: Place; proof?: Claim }>();
  const [failed, setFailed] = useState<Error>();
  const [fresh, setFresh] = useState(0);
  const [me, setMe] = useState<Me>();
  const [listing, setListing] = useState(false);

  const reload = useCallback(() => {
    client.repositories().then(setRepositories, setFailed);
    client.threads().then(setThreads, () => setThreads([]));
  }, []);
  useLayoutEffect(() => {
    reload();
    client.me().then(setMe, () => undefined);
  }, []);
  useLayoutEffect(() => {
    setOpened(undefined);
    setListing(false);
  }, [page, id, fresh]);
  const close = useCallback(() => setOpened(undefined), []);
  const ask = () => {
    setFresh((count) => count + 1);
    location.hash = "#/";
  };

  const door = useMemo<Door>(
    () => ({
      client,
      open: (place, proof) => setOpened({ place, proof }),
      show: (symbol, view) => {
        location.hash = `#/${view === "near" ? "symbols" : "impact"}/${encodeURIComponent(symbol)}`;
      },
      giveKey: (given) => {
        key.set(given);
        location.reload();
      },
    }),
    [],
  );

  return (
    <DoorProvider value={door}>
    <div class={`frame${opened ? " with-lines" : ""}${listing ? " listing" : ""}`}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/" onClick={ask}>
          <img src="./clew.svg" alt="" width="24" height="24" /> Clew
        </a>
        <button type="button" class="menu" aria-expanded={listing} aria-controls="threads" onClick={() => setListing(!listing)}>Conversations</button>
        <Search repository={repository} />
        <label class="where">
          <span class="hidden">Repository</span>
          <select value={repository} onChange={(event) => setRepository(event.currentTarget.value)}>
            <option value="">All repositories</option>
            {repositories?.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
          </select>
        </label>
        <nav aria-label="Pages">
          {me?.admin && <a href="#/admin" aria-current={page === "admin" ? "page" : undefined}>Administration</a>}
          {me?.connect && <a href="#/connections" aria-current={page === "connections" ? "page" : undefined}>Connections</a>}
          <a href="#/repositories" aria-current={page === "repositories" ? "page" : undefined}>Repositories</a>
        </nav>
      </header>
      <Threads threads={threads} current={page === "threads" ? id : undefined} ask={ask} changed={reload} />
      {failed ? (
        <main id="main" class="page" tabIndex={-1}><Failure error={failed} retry={() => { setFailed(undefined); reload(); }} /></main>
      ) : page === "repositories" ? (
        <Repositories repositories={repositories} mayIndex={me?.rights.includes("index") ?? false} changed={reload} />
      ) : page === "symbols" && id ? (
        <Symbol key={id} id={id} />
      ) : page === "shared" && id ? (
        <Shared key={id} name={id} />
      ) : page === "admin" ? (
        <Later key="admin" me={me} right="admin" whose="administrators" load={() => import("./admin")} props={{ page: id ?? "" }} />
      ) : page === "connections" ? (
        <Later key="connections" me={me} right="connect" whose="those who connect repositories" load={() => import("./connections")} props={{ changed: reload }} />
      ) : page === "impact" && id ? (
        <Impact key={id} id={id} />
      ) : repositories?.length === 0 ? (
        <main id="main" class="page" tabIndex={-1}>
          {me && !me.rights.includes("index") ? (
            <>
              <h1>Nothing here that you may see</h1>
              <p>No repository that is indexed is granted to you. Ask whoever looks after this server.</p>
            </>
          ) : (
            <>
              <h1>Nothing is indexed yet</h1>
              <p>Index a repository on this machine, then reload this page:</p>
              <pre>clew index ~/src/shop</pre>
            </>
          )}
          {me?.connect && <p>Or <a href="#/connections">connect one</a> that lies elsewhere: it is cloned, indexed and kept up to date.</p>}
        </main>
      ) : (
        <Chat
          key={page === "threads" ? id : `new-${fresh}`}
          thread={page === "threads" ? id : undefined}
          repository={repository}
          suggestions={suggestions(repositories ?? [], repository)}
          began={reload}
        />
      )}
      {opened && <Lines place={opened.place} proof={opened.proof} repository={repository} close={close} />}
    </div>
    </DoorProvider>
  );
}

function suggestions(repositories: Repository[], chosen: string): string[] {
  const name = chosen || repositories[0]?.name;
  return name
    ? [`What is ${name} built with?`, `Give me an overview of ${name}.`, `What are the most used functions of ${name}?`]
    : [];
}
