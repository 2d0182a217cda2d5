import { useDoor } from "./door";
import { Failure } from "./failure";
import type { Health as Found, Repository } from "./shapes";
import { Loading, useRead } from "./symbols";

const TIERS = ["exact", "inferred", "ambiguous", "external"];
const REASONS: Record<string, string> = {
  binary: "binary", damaged: "damaged", generated: "generated", vendored: "vendored", too_large: "too large", long_line: "lines too long", encoding: "unknown encoding",
  syntax: "syntax not understood", unreadable: "unreadable", unsupported: "no language of ours", outside: "outside of the folder", symlink: "links", crashed: "crashed the parser",
};

/** Whether the folder has moved on, in words. */
export function moved({ state, changed, added, deleted }: Found["staleness"]): string {
  if (state === "missing") return "its folder is gone";
  if (state === "fresh") return "up to date";
  const parts = [[changed, "changed"], [added, "new"], [deleted, "deleted"]].filter(([n]) => n) as [number, string][];
  return `${parts.map(([n, what]) => `${n.toLocaleString()} ${what}`).join(", ")} since`;
}

/** How well a repository is covered: what was not read, how sure its relations are, what changed since. */
export function Health({ repository }: { repository: Repository }) {
  const { client } = useDoor();
  const { found, failed, retry } = useRead(() => client.health(repository.name), [repository.name, repository.generation]);
  if (failed) return <Failure error={failed} retry={retry} />;
  if (!found) return <Loading />;
  const missing = Object.values(found.not_covered.counts).reduce((sum, n) => sum + n, 0);
  const covered = found.files + missing ? found.files / (found.files + missing) : 1;
  const relations = Object.values(found.tiers).reduce((sum, n) => sum + n, 0);
  let at = 0;
  return (
    <div class="health">
      <p>
        <span class={`state ${found.staleness.state}`}>{moved(found.staleness)}</span> <span>{(covered * 100).toFixed(covered === 1 ? 0 : 1)} % of the files covered</span>
      </p>
      {relations > 0 && (
        <>
          <svg class="tiers" width="100%" height="10" role="img" aria-label={TIERS.map((tier) => `${found.tiers[tier] ?? 0} ${tier}`).join(", ")}>
            {TIERS.map((tier) => {
              const share = ((found.tiers[tier] ?? 0) / relations) * 100;
              at += share;
              return <rect key={tier} class={`tier-${tier}`} x={`${at - share}%`} width={`${share}%`} height="10" />;
            })}
          </svg>
          <p class="quiet">{TIERS.filter((tier) => found.tiers[tier]).map((tier) => `${Math.round(((found.tiers[tier] ?? 0) / relations) * 100)} % ${tier}`).join(" · ")}</p>
        </>
      )}
      <details>
        <summary>What is covered, and what is not</summary>
        <dl>
          <dt>Languages</dt>
          <dd>{Object.entries(found.languages).map(([name, lines]) => `${name} ${lines.toLocaleString()} lines`).join(", ") || "none"}</dd>
          <dt>Calls not resolved</dt>
          <dd>{found.unresolved.toLocaleString()}</dd>
          <dt>Files not covered</dt>
          <dd>{Object.entries(found.not_covered.counts).map(([reason, n]) => `${n} ${REASONS[reason] ?? reason}`).join(", ") || "none"}</dd>
          {found.not_covered.first.length > 0 && <dd class="paths">{found.not_covered.first.map((one) => <code key={one.path}>{one.path}</code>)}</dd>}
          {found.staleness.first.length > 0 && <dt>Changed since</dt>}
          {found.staleness.first.length > 0 && <dd class="paths">{found.staleness.first.map((path) => <code key={path}>{path}</code>)}</dd>}
          {found.notes.length > 0 && <dt>Notes</dt>}
          {found.notes.map((note) => <dd key={note}>{note}</dd>)}
        </dl>
      </details>
    </div>
  );
}
