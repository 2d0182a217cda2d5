import { useState } from "preact/hooks";
import { Failure } from "../failure";
import { Loading, useRead } from "../symbols";
import type { administration, Dimension, UsageRow } from "./calls";
import { Bars, Days, Table } from "./charts";
import { count, daysAgo, daysBetween, dollars, percent, time } from "./numbers";

type Admin = ReturnType<typeof administration>;
const RANGES = [7, 30, 90];
const DIMENSIONS: [Dimension, string][] = [["team", "Team"], ["project", "Project"], ["model", "Model"], ["user", "Person"], ["release", "Release"], ["door", "Door"]];
const MEASURES: [string, (row: UsageRow) => number | null, (value: number) => string][] = [
  ["Questions", (row) => row.asked, count],
  ["Cost", (row) => row.cost_usd, dollars],
  ["Tokens", (row) => row.input_tokens + row.output_tokens, count],
  ["Latency, 95th percentile", (row) => row.latency_ms.p95, time],
  ["Satisfied", (row) => row.satisfaction.share, percent],
];

export function named(row: UsageRow): string {
  return row.key || "(none)";
}

/** How much was asked, what it cost, how long it took, how it was liked. */
export function UsagePage({ admin }: { admin: Admin }) {
  const [range, setRange] = useState(30);
  const [by, setBy] = useState<Dimension>("team");
  const [measure, setMeasure] = useState(0);
  const since = daysAgo(range - 1);
  const until = daysAgo(0);
  const daily = useRead(() => admin.usage("day", since, until), [since]);
  const split = useRead(() => admin.usage(by, since, until), [since, by]);
  const days = daysBetween(since, until);
  const of = (read: (row: UsageRow) => number | null, missing: number | null) => {
    const rows = new Map(daily.found?.rows.map((row) => [row.key, row]));
    return days.map((day) => (rows.has(day) ? read(rows.get(day)!) : missing));
  };
  const total = daily.found?.total;
  const [name, read, shown] = MEASURES[measure]!;
  return (
    <>
      <div class="inline" role="group" aria-label="Days shown">
        {RANGES.map((days) => <button type="button" class="small" key={days} aria-pressed={days === range} onClick={() => setRange(days)}>{days} days</button>)}
      </div>
      {daily.failed && <Failure error={daily.failed} retry={daily.retry} />}
      {!total && !daily.failed && <Loading />}
      {total && total.asked === 0 && <p>Nothing was asked in these {range} days.</p>}
      {total && total.asked > 0 && (
        <>
          <dl class="tiles">
            <div><dt>Questions</dt><dd>{count(total.asked)}</dd></div>
            <div><dt>Answered</dt><dd>{percent(total.answered / total.asked)}</dd></div>
            <div><dt>Cost</dt><dd>{dollars(total.cost_usd)}</dd></div>
            <div><dt>Latency, median</dt><dd>{total.latency_ms.p50 === null ? "–" : time(total.latency_ms.p50)}</dd></div>
            <div><dt>95th percentile</dt><dd>{total.latency_ms.p95 === null ? "–" : time(total.latency_ms.p95)}</dd></div>
            <div><dt>Satisfied</dt><dd>{total.satisfaction.share === null ? "–" : percent(total.satisfaction.share)} <small>{total.satisfaction.up + total.satisfaction.down} said so</small></dd></div>
          </dl>
          <div class="charts">
            <Days title="Questions a day" days={days} shown={count} series={[{ name: "Questions", values: of((row) => row.asked, 0) }]} />
            <Days title="Cost a day" days={days} shown={dollars} series={[{ name: "Cost", values: of((row) => row.cost_usd, 0) }]} />
            <Days title="Latency" days={days} shown={time} as="lines" series={[{ name: "median", values: of((row) => row.latency_ms.p50, null) }, { name: "95th percentile", values: of((row) => row.latency_ms.p95, null) }, { name: "99th percentile", values: of((row) => row.latency_ms.p99, null) }]} />
            <Days title="Satisfied, of those who said so" days={days} shown={percent} as="lines" series={[{ name: "Right", values: of((row) => row.satisfaction.share, null) }]} />
          </div>
          <h2>By {DIMENSIONS.find(([key]) => key === by)![1].toLowerCase()}</h2>
          <div class="inline">
            <label>By <select value={by} onChange={(event) => setBy(event.currentTarget.value as Dimension)}>{DIMENSIONS.map(([key, label]) => <option key={key} value={key}>{label}</option>)}</select></label>
            <label>Shown <select value={measure} onChange={(event) => setMeasure(Number(event.currentTarget.value))}>{MEASURES.map(([label], index) => <option key={label} value={index}>{label}</option>)}</select></label>
          </div>
          {split.failed && <Failure error={split.failed} retry={split.retry} />}
          {split.found && (
            <>
              <Bars title={name} rows={split.found.rows.slice(0, 20).map((row) => ({ name: named(row), value: read(row) }))} shown={shown} />
              <Table
                label="Usage"
                head={["Name", "Questions", "Answered", "Model calls", "Tokens in", "Tokens out", "Cost", "Median", "95 %", "99 %", "Satisfied"]}
                rows={split.found.rows.map((row) => [named(row), count(row.asked), count(row.answered), count(row.model_calls), count(row.input_tokens), count(row.output_tokens), dollars(row.cost_usd), ...(["p50", "p95", "p99"] as const).map((one) => (row.latency_ms[one] === null ? "–" : time(row.latency_ms[one]!))), row.satisfaction.share === null ? "–" : percent(row.satisfaction.share)])}
              />
            </>
          )}
        </>
      )}
    </>
  );
}

/** Models beside each other: what they cost, how fast and how right they are. */
export function ModelsPage({ admin }: { admin: Admin }) {
  const [range, setRange] = useState(30);
  const { found, failed, retry } = useRead(() => admin.usage("model", daysAgo(range - 1), daysAgo(0)), [range]);
  const rows = found?.rows.filter((row) => row.answered > 0) ?? [];
  const label = (row: UsageRow) => row.key || "no model: typed tools";
  const charts: [string, (row: UsageRow) => number | null, (value: number) => string][] = [
    ["Answers", (row) => row.answered, count],
    ["Cost of an answer", (row) => row.cost_usd / row.answered, dollars],
    ["Latency, median", (row) => row.latency_ms.p50, time],
    ["Latency, 95th percentile", (row) => row.latency_ms.p95, time],
    ["Claims that were verified", (row) => (row.claims.verified + row.claims.refuted ? row.claims.verified / (row.claims.verified + row.claims.refuted) : null), percent],
    ["Satisfied", (row) => row.satisfaction.share, percent],
  ];
  return (
    <>
      <div class="inline" role="group" aria-label="Days shown">
        {RANGES.map((days) => <button type="button" class="small" key={days} aria-pressed={days === range} onClick={() => setRange(days)}>{days} days</button>)}
      </div>
      {failed && <Failure error={failed} retry={retry} />}
      {!found && !failed && <Loading />}
      {found && rows.length === 0 && <p>No answer was given in these {range} days.</p>}
      <div class="charts">
        {rows.length > 0 && charts.map(([title, read, shown]) => <Bars key={title} title={title} rows={rows.map((row) => ({ name: label(row), value: read(row) }))} shown={shown} />)}
      </div>
    </>
  );
}
