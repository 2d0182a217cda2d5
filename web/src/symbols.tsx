// What the views of a symbol share.
import { useLayoutEffect, useState } from "preact/hooks";
import { useDoor } from "./door";
import type { SymbolRow } from "./shapes";

/** Reads something when `inputs` change; what comes too late is dropped. */
export function useRead<T>(read: () => Promise<T>, inputs: unknown[]): { found?: T; failed?: Error; retry: () => void } {
  const [state, setState] = useState<{ found?: T; failed?: Error }>({});
  const [tries, setTries] = useState(0);
  useLayoutEffect(() => {
    let current = true;
    setState((before) => ({ found: before.found }));
    read().then(
      (found) => current && setState({ found }),
      (failed) => current && setState({ failed }),
    );
    return () => {
      current = false;
    };
  }, [...inputs, tries]);
  return { ...state, retry: () => setTries((before) => before + 1) };
}

export function Loading() {
  return <p class="quiet" role="status">Reading…</p>;
}

interface Meaning {
  symbol: SymbolRow | null;
  candidates: SymbolRow[];
}

/** The repository that a symbol's id begins with. */
export function repositoryOf(found: Meaning, id: string): string {
  return (found.symbol?.id ?? id).split(":", 1)[0]!;
}

export function SiteButton({ id, found, path, line }: { id: string; found: Meaning; path: string; line: number }) {
  const { open } = useDoor();
  return (
    <button type="button" class="place" onClick={() => open({ repository: repositoryOf(found, id), path, start: line, end: line })}>
      {path}:{line}
    </button>
  );
}

/** What a name was understood as, and the way to the other view; where it means several things, or nothing, the choices. */
export function SymbolHead({ id, found, view }: { id: string; found: Meaning; view: "near" | "impact" }) {
  const there = view === "near" ? "symbols" : "impact";
  const other = view === "near" ? "impact" : "symbols";
  return (
    <>
      {found.symbol ? (
        <>
          <h1>{view === "impact" && "What a change breaks: "}<code>{found.symbol.qualified_name}</code></h1>
          <p class="about">
            {found.symbol.kind} in <SiteButton id={id} found={found} path={found.symbol.path} line={found.symbol.line} />{" "}
            <a href={`#/${other}/${encodeURIComponent(found.symbol.id)}`}>{view === "near" ? "What a change breaks" : "What is near it"}</a>
          </p>
        </>
      ) : (
        <>
          <h1>{found.candidates.length ? `“${id}” may mean` : `Nothing that is indexed is called “${id}”`}</h1>
          {!found.candidates.length && <p>Search for it above, or ask in words.</p>}
        </>
      )}
      {!found.symbol && (
        <ul class="edges">
          {found.candidates.map((one) => (
            <li key={one.id}>
              <a href={`#/${there}/${encodeURIComponent(one.id)}`}><code>{one.qualified_name}</code></a> <span class="quiet">{one.kind}, {one.path}:{one.line}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function Steps({ depth, most, change }: { depth: number; most: number; change: (depth: number) => void }) {
  return (
    <div class="inline" role="group" aria-label="Steps away">
      <span>Steps away</span>
      {Array.from({ length: most }, (_, index) => index + 1).map((step) => (
        <button type="button" class="small" key={step} aria-pressed={step === depth} onClick={() => change(step)}>{step}</button>
      ))}
    </div>
  );
}
