// What administrators are told, as docs/openapi.json describes it, and the calls that ask for it.
import type { Client } from "../api";

export type Dimension = "day" | "user" | "team" | "project" | "model" | "release" | "door";
export const RIGHTS = ["ask", "read", "index", "connect", "admin"] as const;
export type Right = (typeof RIGHTS)[number];

export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface UsageRow {
  key: string;
  asked: number;
  answered: number;
  unanswered: number;
  levels: Record<string, number>;
  claims: { verified: number; refuted: number };
  model_calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  latency_ms: Percentiles;
  first_evidence_ms: Percentiles;
  satisfaction: { up: number; down: number; share: number | null; corrections: number };
}

export interface Usage {
  rows: UsageRow[];
  total: UsageRow;
}

export interface Principal {
  id: string;
  name: string;
  kind: "user" | "service";
  teams: string[];
  roles: string[];
  disabled: boolean;
}

export interface Key {
  id: string;
  principal: string;
  label: string;
  rights: Right[];
  created_at: number;
  expires_at: number | null;
  used_at: number | null;
  state: "live" | "expired" | "revoked";
}

export interface Grants {
  admin: boolean;
  repositories: { repository: string; rights: Record<Right, { allowed: boolean; policies: string[]; errors: string[] }> }[];
}

type Amounts = { tokens: number; usd: number };

export interface Budgets {
  month: string;
  months: string[];
  request: { tokens: number | null; usd: number | null };
  accounts: { scope: string; name: string; calls: number; limit: { tokens: number | null; usd: number | null }; used: Amounts; reserved: Amounts }[];
}

export interface Configured {
  file: string;
  text: string;
  digest: string;
  writable: boolean;
  settings: { name: string; value: unknown; default: unknown; meaning: string }[];
}

export interface Change {
  name: string;
  before: unknown;
  after: unknown;
}

export interface LedgerEvent {
  stream: string;
  number: number;
  kind: string;
  at: number;
  user: string;
  fields: Record<string, unknown>;
  words: Record<string, string> | null;
}

export interface Verification {
  sound: boolean;
  events: number;
  streams: { stream: string; events: number; broken: { number: number; message: string } | null }[];
}

const id = encodeURIComponent;

export function administration({ read, whole }: Client) {
  return {
    usage: (by: Dimension, since: string, until: string) => read<Usage>("/admin/usage", { by, since, until }),
    principals: async () => (await read<{ principals: Principal[] }>("/admin/principals")).principals,
    setPrincipal: (one: string, said: Partial<Omit<Principal, "id" | "kind">>) => whole<Principal>("PUT", `/admin/principals/${id(one)}`, said),
    grants: (one: string) => read<Grants>(`/admin/principals/${id(one)}/grants`),
    keys: async () => (await read<{ keys: Key[] }>("/admin/keys")).keys,
    createKey: (order: { principal: string; label: string; rights: Right[]; lifetime_s: number | null; kind: string; teams: string[]; roles: string[] }) =>
      whole<Key & { key: string }>("POST", "/admin/keys", order),
    rotateKey: (key: string) => whole<Key & { key: string }>("POST", `/admin/keys/${key}/rotate`, {}),
    revokeKey: (key: string) => whole<Key>("DELETE", `/admin/keys/${key}`),
    budgets: (month: string) => read<Budgets>("/admin/budgets", { month }),
    configuration: () => read<Configured>("/admin/configuration"),
    check: (text: string) => whole<{ changes: Change[]; refused: { message: string; next_step: string } | null }>("POST", "/admin/configuration/check", { text }),
    write: (text: string, digest: string) => whole<{ changes: Change[] }>("PUT", "/admin/configuration", { text, digest }),
    history: async () => (await read<{ versions: { at: number; by: string; digest: string; text: string | null }[] }>("/admin/configuration/history")).versions,
    audit: (filter: { stream: string; kind: string; run: string; user: string; cursor?: string }) =>
      read<{ events: LedgerEvent[]; next_cursor: string | null }>("/admin/audit", { ...filter, limit: 50 }),
    verify: () => read<Verification>("/admin/audit/verification"),
  };
}
