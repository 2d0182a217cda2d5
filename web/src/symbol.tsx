import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { useDoor } from "./door";
import { columns } from "./drawing";
import { Failure } from "./failure";
import { Graph } from "./graph";
import { Loading, SiteButton, Steps, SymbolHead, useRead } from "./symbols";

const SHOWN = 60;

/** A symbol's neighbourhood: as a picture, and as a list that says the same. */
export function Symbol({ id }: { id: string }) {
  const { client } = useDoor();
  const [depth, setDepth] = useState(1);
  const [shown, setShown] = useState(SHOWN);
  const { found, failed, retry } = useRead(() => client.neighbours(id, depth), [id, depth]);
  const drawing = useMemo(() => found?.symbol && columns(found), [found]);
  const names = new Map(found?.nodes.map((node) => [node.id, node.qualified_name]));
  useLayoutEffect(() => setShown(SHOWN), [found]);
  return (
    <main class="page" id="main" tabIndex={-1}>
      {failed && <Failure error={failed} retry={retry} />}
      {!found && !failed && <Loading />}
      {found && <SymbolHead id={id} found={found} view="near" />}
      {found?.symbol && (
        <>
          <Steps depth={depth} most={3} change={setDepth} />
          {drawing && drawing.dots.length > 1 && <Graph drawing={drawing} view="near" said={`${drawing.dots.length - 1} symbols near ${found.symbol.qualified_name}: what uses it on the left, what it uses on the right`} />}
          <p class="legend">
            <span class="line exact">exact</span> <span class="line inferred">inferred</span> <span class="line ambiguous">ambiguous</span> <span class="dot test">test</span>
          </p>
          <h2>The same as a list</h2>
          {found.edges.length === 0 && <p>Nothing that is indexed is tied to it.</p>}
          <ul class="edges">
            {found.edges.slice(0, shown).map((edge, index) => (
              <li key={index}>
                <code>{names.get(edge.source) ?? edge.source}</code> {edge.kind.toLowerCase().replaceAll("_", " ")}{" "}
                <code>{edge.target ? (names.get(edge.target) ?? edge.target) : edge.external}</code> <SiteButton id={id} found={found} path={edge.site.path} line={edge.site.line} />{" "}
                <span class={`tier ${edge.tier}`}>{edge.tier}</span>
              </li>
            ))}
          </ul>
          {found.edges.length > shown && <button type="button" onClick={() => setShown(shown + 200)}>Show {Math.min(200, found.edges.length - shown)} more</button>}
          {found.truncated && <p class="quiet">There is more than is shown here.</p>}
        </>
      )}
    </main>
  );
}
