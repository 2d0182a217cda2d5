import { useState } from "preact/hooks";
import { Failure } from "../failure";
import { Loading, useRead } from "../symbols";
import type { administration } from "./calls";
import { Table } from "./charts";
import { count, dollars } from "./numbers";

const SCOPES: Record<string, string> = { user: "person", team: "team", project: "project", month: "everybody" };

/** What models cost in a month, by account, against the limits. */
export function BudgetsPage({ admin }: { admin: ReturnType<typeof administration> }) {
  const [month, setMonth] = useState("");
  const { found, failed, retry } = useRead(() => admin.budgets(month), [month]);
  const of = (value: number, limit: number | null, shown: (value: number) => string) =>
    limit === null ? shown(value) : (
      <span class="against">
        <meter value={Math.min(value, limit)} max={limit} high={0.8 * limit} optimum={0} aria-label={`${shown(value)} of ${shown(limit)}`} /> {shown(value)} of {shown(limit)}
      </span>
    );
  if (failed) return <Failure error={failed} retry={retry} />;
  if (!found) return <Loading />;
  const months = [...new Set([found.month, ...found.months])].sort().reverse();
  const { tokens, usd } = found.request;
  return (
    <>
      <div class="inline">
        <label>Month <select value={found.month} onChange={(event) => setMonth(event.currentTarget.value)}>{months.map((one) => <option key={one}>{one}</option>)}</select></label>
      </div>
      {found.accounts.length === 0 ? <p>No model was called in this month.</p> : (
        <Table
          label="Accounts"
          words
          head={["Account", "Of", "Calls", "Tokens", "Cost", "Reserved now"]}
          rows={found.accounts.map((one) => [one.name || SCOPES[one.scope], one.name ? SCOPES[one.scope] : "", count(one.calls), of(one.used.tokens, one.limit.tokens, count), of(one.used.usd, one.limit.usd, dollars), one.reserved.tokens ? `${count(one.reserved.tokens)} tokens, ${dollars(one.reserved.usd)}` : "–"])}
        />
      )}
      <p class="quiet">
        {tokens === null && usd === null ? "One question has no limit of its own." : `One question may use at most ${[tokens === null ? "" : `${count(tokens)} tokens`, usd === null ? "" : dollars(usd)].filter(Boolean).join(" and ")}.`}{" "}
        Limits stand in the settings under <code>budget.limits</code>.
      </p>
    </>
  );
}
