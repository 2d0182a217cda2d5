import { useEffect, useState } from "preact/hooks";
import { useDoor } from "./door";
import type { SearchRow } from "./shapes";

const PAUSE_MS = 150;

/** Search as you type: places that fit the words; Enter or a click opens the lines. */
export function Search({ repository }: { repository: string }) {
  const { client, open } = useDoor();
  const [text, setText] = useState("");
  const [rows, setRows] = useState<SearchRow[]>();
  const [at, setAt] = useState(0);
  useEffect(() => {
    if (text.trim().length < 2) return setRows(undefined);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      client.search(text.trim(), "symbol", repository, stop.signal).then(
        (found) => { setRows(found); setAt(0); },
        () => stop.signal.aborted || setRows([]),
      );
    }, PAUSE_MS);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [text, repository]);
  const go = (row: SearchRow) => {
    open({ repository: row.repository, path: row.path, start: row.start_line, end: row.end_line });
    setRows(undefined);
  };
  const leave = (event: FocusEvent) => {
    if (!(event.currentTarget as Element).contains(event.relatedTarget as globalThis.Node | null)) setRows(undefined);
  };
  return (
    <div class="search" role="search" onFocusOut={leave}>
      <input
        type="search"
        role="combobox"
        aria-label="Search the code"
        aria-expanded={!!rows?.length}
        aria-controls="found"
        aria-autocomplete="list"
        list={undefined}
        aria-activedescendant={rows?.length ? `found-${at}` : undefined}
        placeholder="Search the code"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setRows(undefined);
          if (!rows?.length) return;
          if (event.key === "ArrowDown") setAt((at + 1) % rows.length);
          else if (event.key === "ArrowUp") setAt((at + rows.length - 1) % rows.length);
          else if (event.key === "Enter") go(rows[at]!);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="found" role="listbox" aria-label="Found" hidden={!rows?.length}>
        {rows?.map((row, index) => (
          <li key={`${row.repository}:${row.path}:${row.start_line}`} id={`found-${index}`} onMouseDown={(event) => event.preventDefault()} role="option" aria-selected={index === at} onMouseMove={() => setAt(index)} onClick={() => go(row)}>
            <b>{row.symbol?.split(/[#:]/).at(-1) ?? row.path}</b> <span class="quiet">{row.repository}:{row.path}:{row.start_line}</span>
          </li>
        ))}
      </ul>
      {rows?.length === 0 && <p class="nothing" role="status">Nothing fits these words.</p>}
    </div>
  );
}
