import { Counts } from "./answer";
import type { Told } from "./shapes";

const NODES: Record<string, string> = {
  planner: "Reads the question",
  cost_optimizer: "Chooses the route",
  code_analyst: "Asks the code graph",
  doc_specialist: "Reads documents",
  writer: "Writes",
  quality_checker: "Checks every claim",
  watcher: "Watches",
};

/** The run as it happens: what was understood, which evidence came, what is under way, how its claims were checked. */
export function Run({ told, running }: { told: Told[]; running: boolean }) {
  const plans = told.filter((one) => one.name === "plan").flatMap((one) => one.data.steps);
  const evidence = told.filter((one) => one.name === "evidence");
  const checked = told.filter((one) => one.name === "claim").map((one) => one.data);
  const queued = told.filter((one) => one.name === "queued").at(-1);
  const spent = new Map<string, number>();
  for (const one of told) {
    if (one.name === "node_finished" && one.data.node in NODES) {
      spent.set(one.data.node, (spent.get(one.data.node) ?? 0) + one.data.latency_ms);
    }
  }
  const now = told.filter((one) => one.name === "node_started" && one.data.node in NODES).at(-1);
  return (
    <details class="run" open={running}>
      <summary>
        {running ? <span class="pulse">{NODES[now?.data.node] ?? "Starts"}…</span> : "How it was found"}
        {plans.length > 0 && <span class="quiet"> {plans.map((step) => step.intent).join(", then ")}</span>}
      </summary>
      <ol>
        {plans.map((step, number) => (
          <li key={`plan-${number}`}>
            Understood as <b>{step.intent}</b>
            {step.names?.length > 0 && <> of {step.names.map((name: string) => <code key={name}>{name}</code>)}</>}
          </li>
        ))}
        {evidence.map((one) => (
          <li key={one.id}>
            {one.data.count} {one.data.count === 1 ? "fact" : "facts"} from <b>{one.data.task}</b>: {one.data.verdict}
            {one.data.places.length > 0 && <span class="quiet"> {one.data.places.slice(0, 3).join(", ")}</span>}
          </li>
        ))}
        {queued && running && <li>Place {queued.data.place} in the line before {queued.data.host}</li>}
        {checked.length > 0 && (
          <li>
            Checked <b>{checked.length === 1 ? "1 claim" : `${checked.length} claims`}</b>: <Counts claims={checked} />
          </li>
        )}
        {!running && spent.size > 0 && (
          <li class="quiet">{[...spent].map(([node, ms]) => `${NODES[node]} ${ms.toFixed(0)} ms`).join(" · ")}</li>
        )}
      </ol>
    </details>
  );
}
