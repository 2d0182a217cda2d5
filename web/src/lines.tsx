import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Mark } from "./answer";
import { useDoor } from "./door";
import { Failure } from "./failure";
import { highlighter, languageOf } from "./highlighting";
import { label, localName, type Place } from "./places";
import type { Claim, Lines as Read, Outline } from "./shapes";

const AROUND = 12;
const FILES = new Set(["module", "file", "section", "document"]);

/** The cited lines beside the answer, with some around them. */
export function Lines({ place, proof, repository, close }: { place: Place; proof?: Claim; repository: string; close: () => void }) {
  const { client } = useDoor();
  const [read, setRead] = useState<Read>();
  const [rows, setRows] = useState<string[]>([]);
  const [around, setAround] = useState<Outline["symbols"][number]>();
  const [failed, setFailed] = useState<Error>();
  const pane = useRef<HTMLElement>(null);

  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    return () => {
      if (before?.isConnected) before.focus();
    };
  }, []);
  useLayoutEffect(() => {
    let current = true;
    setFailed(undefined);
    setAround(undefined);
    const wanted = {
      repository: place.repository ?? (repository || undefined),
      path: place.path,
      start: Math.max(1, place.start - AROUND),
      end: place.end + AROUND,
    };
    client.lines(wanted).then(
      async (found) => {
        const language = languageOf(found.path);
        const text = found.text.replace(/\n$/, "");
        const html = language ? (await highlighter()).highlight(text, { language }).value : escaped(text);
        if (!current) return;
        setRead(found);
        setRows(split(html));
        const { symbols } = await client.outline(found.repository, found.path);
        if (current) setAround(symbols.filter((one) => one.line <= place.start && !FILES.has(one.kind)).at(-1));
      },
      (error) => current && setFailed(error),
    );
    pane.current?.focus();
    return () => {
      current = false;
    };
  }, [place]);
  useLayoutEffect(() => {
    const cited = pane.current?.querySelector<HTMLElement>(".row:has(mark)");
    if (cited) pane.current!.scrollTop = cited.offsetTop - pane.current!.clientHeight / 3;
  }, [rows]);

  return (
    <aside
      class="lines"
      ref={pane}
      tabIndex={-1}
      aria-label={`Lines of ${place.path}`}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <header>
        <h2>{label(place)}</h2>
        <button type="button" class="quiet" onClick={close} aria-label="Close the lines">✕</button>
      </header>
      {failed && <Failure error={failed} />}
      {read?.stale && <p class="warning">The file has changed since it was indexed; these are the lines as indexed.</p>}
      {read && (
        <>
          <p class="quiet">{read.repository} at {read.revision.replace("worktree:", "working tree ").slice(0, 26)}</p>
          {proof && <Proof claim={proof} />}
          {around && (
            <p class="about">
              In <code>{around.qualified_name}</code>: <a href={`#/symbols/${encodeURIComponent(around.id)}`}>what is near it</a>{" "}
              <a href={`#/impact/${encodeURIComponent(around.id)}`}>what a change breaks</a>
            </p>
          )}
          <pre tabIndex={0} aria-label="Source">
            {rows.map((html, index) => {
              const number = read.start_line + index;
              const cited = number >= place.start && number <= place.end;
              const line = <code dangerouslySetInnerHTML={{ __html: html || " " }} />;
              return (
                <div class="row" key={number}>
                  <span class="number">{number}</span>
                  {cited ? <mark>{line}</mark> : line}
                </div>
              );
            })}
          </pre>
        </>
      )}
    </aside>
  );
}

/** What the lines prove: the claim, and the relations that the graph holds for it. */
function Proof({ claim }: { claim: Claim }) {
  return (
    <section class="proof" aria-label="What these lines prove">
      <p><Mark status={claim.status} />{claim.text.replaceAll("`", "")}</p>
      {claim.relations.map(({ kind, source, target }) => (
        <p key={kind + source + target}>
          <a href={`#/symbols/${encodeURIComponent(source)}`}>{localName(source)}</a> <b>{kind.toLowerCase().replaceAll("_", " ")}</b>{" "}
          <a href={`#/symbols/${encodeURIComponent(target)}`}>{localName(target)}</a>{" "}
          {claim.tier && <span class={`tier ${claim.tier}`}>{claim.tier}</span>}
        </p>
      ))}
      {claim.reasons.map((reason) => <p class="quiet" key={reason}>{reason.replaceAll("`", "")}</p>)}
    </section>
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Splits coloured code into rows; a colour that spans rows is closed and opened again. */
export function split(html: string): string[] {
  const open: string[] = [];
  return html.split("\n").map((row) => {
    const before = open.join("");
    for (const [tag] of row.matchAll(/<\/?span[^>]*>/g)) {
      if (tag.startsWith("</")) open.pop();
      else open.push(tag);
    }
    return before + row + "</span>".repeat(open.length);
  });
}
