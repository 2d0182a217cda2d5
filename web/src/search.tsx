import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDoor } from "./door";
import type { SearchRow } from "./shapes";

const PAUSE_MS = 150;
const CODE_ROWS = 8;
const DOCUMENT_ROWS = 5;

/** asked: the words, and the repository that they were looked for in. */
interface Found {
  asked: string;
  code: SearchRow[];
  documents: SearchRow[];
}

/** Search as you type: code and headings of documents that fit the words; Enter or a click opens the lines. */
export function Search({ repository }: { repository: string }) {
  const { client, open } = useDoor();
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found>();
  const [failed, setFailed] = useState("");
  const [listed, setListed] = useState(false);
  const [at, setAt] = useState(0);
  const [eager, setEager] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const words = text.trim();
  const rows = found ? [...found.code, ...found.documents] : [];
  const asked = `${repository}:${words}`;
  const current = found?.asked === asked;
  useLayoutEffect(() => {
    if (words.length < 2) return setFound(undefined);
    const stop = new AbortController();
    const look = async () => {
      const [code, documents] = await Promise.all([
        client.search(words, "symbol", repository, stop.signal, CODE_ROWS),
        client.search(words, "doc", repository, stop.signal, DOCUMENT_ROWS),
      ]);
      setFound({ asked, code, documents });
      setFailed("");
      setAt(0);
    };
    const timer = setTimeout(() => {
      look().catch((error: Error) => {
        if (stop.signal.aborted) return;
        setFound(undefined);
        setFailed(error.message);
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked]);
  const go = (row: SearchRow) => {
    open({ repository: row.repository, path: row.path, start: row.start_line, end: row.end_line });
    setListed(false);
    setEager(false);
  };
  useLayoutEffect(() => {
    if (eager && current && rows.length) go(rows[0]!);
    if (current) setEager(false);
  }, [eager, found]);
  useLayoutEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);
  const step = (by: number) => {
    setListed(true);
    if (listed && rows.length) setAt((at + by + rows.length) % rows.length);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") setListed(false);
    else if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key !== "Enter") return;
    else if (!current) setEager(words.length > 1);
    else if (rows[at]) go(rows[at]!);
    event.preventDefault();
  };
  const leave = (event: FocusEvent) => {
    if ((event.currentTarget as Element).contains(event.relatedTarget as globalThis.Node | null)) return;
    setListed(false);
    setEager(false);
  };
  const option = (row: SearchRow, index: number) => (
    <div key={index} id={`found-${index}`} class="option" role="option" aria-selected={index === at} onMouseDown={(event) => event.preventDefault()} onMouseMove={() => setAt(index)} onClick={() => go(row)}>
      <b>{titleOf(row)}</b> <span class="quiet">{row.repository}:{row.path}:{row.start_line}</span>
    </div>
  );
  const shown = listed && rows.length > 0;
  return (
    <div class="search" role="search" onFocusOut={leave}>
      <input
        type="search"
        role="combobox"
        aria-label="Search code and documents"
        aria-expanded={shown}
        aria-controls="found"
        aria-autocomplete="list"
        list={undefined}
        aria-activedescendant={shown ? `found-${at}` : undefined}
        placeholder="Search code and documents"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setListed(true);
          setEager(false);
        }}
        onKeyDown={pressed}
      />
      <div id="found" class="found" role="listbox" aria-label="Found" ref={list} hidden={!shown}>
        {found && found.code.length > 0 && (
          <div role="group" aria-label="Code">
            <p aria-hidden="true">Code</p>
            {found.code.map(option)}
          </div>
        )}
        {found && found.documents.length > 0 && (
          <div role="group" aria-label="Documents">
            <p aria-hidden="true">Documents</p>
            {found.documents.map((row, index) => option(row, found.code.length + index))}
          </div>
        )}
      </div>
      {listed && current && !rows.length && <p class="nothing" role="status">Nothing fits these words.</p>}
      {listed && failed && <p class="nothing" role="alert">{failed}</p>}
    </div>
  );
}

/** What people call a place: the name of a symbol, the heading of a section, else the file. */
export function titleOf(row: SearchRow): string {
  if (row.kind === "section") return row.symbol?.slice(row.path.length + 1) || row.path;
  return row.symbol?.split(/[#:/]/).at(-1) ?? row.path;
}
