import { useMemo, useState } from "preact/hooks";
import { useDoor } from "./door";
import { rings } from "./drawing";
import { Failure } from "./failure";
import { Graph } from "./graph";
import type { Impact as Found, ImpactRow } from "./shapes";
import { Loading, SiteButton, Steps, SymbolHead, useRead } from "./symbols";

const SHOWN = 40;

/** What a change of a symbol breaks: rings by steps, and lists that say the same. */
export function Impact({ id }: { id: string }) {
  const { client } = useDoor();
  const [depth, setDepth] = useState(2);
  const { found, failed, retry } = useRead(() => client.impact(id, depth), [id, depth]);
  const drawing = useMemo(() => (found?.symbol ? rings(found) : undefined), [found]);
  const of = (effect: string) => found?.results.filter((row) => row.effect === effect) ?? [];
  return (
    <main class="page" id="main" tabIndex={-1}>
      {failed && <Failure error={failed} retry={retry} />}
      {!found && !failed && <Loading />}
      {found && <SymbolHead id={id} found={found} view="impact" />}
      {found?.symbol && (
        <>
          <Steps depth={depth} most={4} change={setDepth} />
          <p class="sums">
            <span class="dot will"><b>{of("will").length}</b> will break</span> <span class="dot may"><b>{of("may").length}</b> may break</span>{" "}
            <span class="dot test"><b>{found.tests.length}</b> {found.tests.length === 1 ? "test" : "tests"} to run</span> <span><b>{found.entry_points.length}</b> entry points reach it</span>
          </p>
          {found.verdict === "none" && <p>Nothing that is indexed uses it, and everything could be seen.</p>}
          {found.verdict === "unknown" && <p class="warning">Not everything could be seen: there may be more.</p>}
          {drawing && drawing.lines.length > 0 && <Graph drawing={drawing} view="impact" said={`A change of ${found.symbol.qualified_name} reaches ${found.results.length} symbols, one ring a step`} />}
          {drawing && drawing.left_out > 0 && <p class="quiet">The picture shows the nearest; {drawing.left_out} more are in the lists.</p>}
          <Rows id={id} found={found} title="Will break" rows={of("will")} empty="Nothing uses it directly and for sure." />
          <Rows id={id} found={found} title="May break" rows={of("may")} empty="" />
          <Rows id={id} found={found} title="Tests to run" rows={of("test")} empty="No test that is indexed reaches it within these steps." />
          {found.entry_points.length > 0 && <h2>Entry points that reach it</h2>}
          <ul class="edges">
            {found.entry_points.map((one) => (
              <li key={one.id}><code>{one.qualified_name}</code> <SiteButton id={id} found={found} path={one.path} line={one.line} /></li>
            ))}
          </ul>
          {found.uncovered.length > 0 && <h2>Could not be seen</h2>}
          <ul class="edges">
            {found.uncovered.map((one) => (
              <li key={`${one.path}:${one.line}`}>{one.line ? <SiteButton id={id} found={found} path={one.path} line={one.line} /> : <code>{one.path}</code>} <span class="quiet">{one.reason}</span></li>
            ))}
          </ul>
          {found.truncated && <p class="quiet">There is more than is shown here: <code>clew impact</code> with a higher <code>--limit</code> shows all.</p>}
        </>
      )}
    </main>
  );
}

function Rows({ id, found, title, rows, empty }: { id: string; found: Found; title: string; rows: ImpactRow[]; empty: string }) {
  const [shown, setShown] = useState(SHOWN);
  if (!rows.length && !empty) return null;
  return (
    <>
      <h2>{title}</h2>
      {!rows.length && <p class="quiet">{empty}</p>}
      <ul class="edges">
        {rows.slice(0, shown).map((row) => (
          <li key={row.symbol.id}>
            <code>{row.symbol.qualified_name}</code> <span class="quiet">{row.relation.toLowerCase().replaceAll("_", " ")}, {row.depth} {row.depth === 1 ? "step" : "steps"}</span>{" "}
            {row.site && <SiteButton id={id} found={found} path={row.site.path} line={row.site.line} />} <span class={`tier ${row.tier}`}>{row.tier}</span>
          </li>
        ))}
      </ul>
      {rows.length > shown && <button type="button" onClick={() => setShown(shown + 200)}>Show {Math.min(200, rows.length - shown)} more</button>}
    </>
  );
}
