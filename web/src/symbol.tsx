import { useEffect, useState } from "preact/hooks";
import { useDoor } from "./door";
import { Failure } from "./failure";
import { Graph } from "./graph";
import type { Neighbours } from "./shapes";

/** A symbol's neighbourhood: as a picture, and as a list that says the same. */
export function Symbol({ id }: { id: string }) {
  const { client, open } = useDoor();
  const [found, setFound] = useState<Neighbours>();
  const [failed, setFailed] = useState<Error>();
  const [depth, setDepth] = useState(1);
  useEffect(() => void client.neighbours(id, depth).then(setFound, setFailed), [id, depth]);
  const names = new Map(found?.nodes.map((node) => [node.id, node.qualified_name]));
  const repository = id.split(":", 1)[0];
  return (
    <main class="page" id="main" tabIndex={-1}>
      {failed && <Failure error={failed} />}
      {found?.symbol && (
        <>
          <h1><code>{found.symbol.qualified_name}</code></h1>
          <p>
            {found.symbol.kind} in{" "}
            <button type="button" class="place" onClick={() => open({ repository, path: found.symbol!.path, start: found.symbol!.line, end: found.symbol!.line })}>
              {found.symbol.path}:{found.symbol.line}
            </button>
          </p>
          <label class="inline">Steps away <input type="number" min={1} max={3} value={depth} onChange={(event) => setDepth(Number(event.currentTarget.value))} /></label>
          <Graph found={found} />
          <h2>The same as a list</h2>
          <ul class="edges">
            {found.edges.map((edge, index) => (
              <li key={index}>
                <code>{names.get(edge.source) ?? edge.source}</code> {edge.kind.toLowerCase()} <code>{edge.target ? (names.get(edge.target) ?? edge.target) : edge.external}</code>{" "}
                <button type="button" class="place" onClick={() => open({ repository, path: edge.site.path, start: edge.site.line, end: edge.site.line })}>
                  {edge.site.path}:{edge.site.line}
                </button>{" "}
                <span class={`tier ${edge.tier}`}>{edge.tier}</span>
              </li>
            ))}
          </ul>
          {found.truncated && <p class="quiet">There is more than is shown here.</p>}
        </>
      )}
    </main>
  );
}
