import { useMemo } from "preact/hooks";
import { useDoor } from "../door";
import { AuditPage } from "./audit";
import { BudgetsPage } from "./budgets";
import { administration } from "./calls";
import { ConfigurationPage } from "./configuration";
import { PeoplePage } from "./people";
import { ModelsPage, UsagePage } from "./usage";
import "./admin.css";

const PAGES = {
  usage: ["Usage and cost", UsagePage],
  models: ["Models", ModelsPage],
  people: ["People and keys", PeoplePage],
  budgets: ["Budgets", BudgetsPage],
  configuration: ["Settings", ConfigurationPage],
  audit: ["Audit", AuditPage],
} as const;

/** The pages of whoever looks after the server; loaded when one of them is opened. */
export default function Administration({ page }: { page: string }) {
  const { client } = useDoor();
  const admin = useMemo(() => administration(client), [client]);
  const at = page in PAGES ? (page as keyof typeof PAGES) : "usage";
  const [title, Page] = PAGES[at];
  return (
    <main class="page admin" id="main" tabIndex={-1}>
      <nav class="tabs" aria-label="Administration">
        {Object.entries(PAGES).map(([name, [label]]) => <a key={name} href={`#/admin/${name}`} aria-current={name === at ? "page" : undefined}>{label}</a>)}
      </nav>
      <h1>{title}</h1>
      <Page admin={admin} />
    </main>
  );
}
