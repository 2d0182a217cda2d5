// Repositories elsewhere, as docs/openapi.json describes them, and the calls for them.
import type { Client } from "../api";
import type { Job } from "../shapes";

export const PROVIDERS = ["github", "gitlab", "bitbucket", "gitea"] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface Source {
  repository: string;
  url: string;
  branch: string | null;
  follows_default: boolean;
  credential: string | null;
  depth: number;
  blobless: boolean;
  fetched_at: number | null;
  commit: string | null;
  present: boolean;
}

export interface Credential {
  name: string;
  kind: "token" | "ssh";
  host: string;
  username: string;
  created_at: number;
  rotated_at: number | null;
}

/** path: where its host sends to, behind the address of the server; previous_until: until when the secret before is good. */
export interface Webhook {
  id: string;
  repository: string;
  provider: Provider;
  path: string;
  heard_at: number | null;
  previous_until: number | null;
}

export interface Schedule {
  repository: string;
  expression: string;
  next_at: number;
}

export interface Connection {
  url: string;
  name: string;
  branch: string;
  credential: string;
  depth: number;
  blobless: boolean;
  schedule: string;
}

/** All that there is of them at one moment. */
export interface State {
  sources: Source[];
  credentials: Credential[];
  webhooks: Webhook[];
  schedules: Schedule[];
}

const id = encodeURIComponent;

export function connections({ read, whole, send }: Client) {
  const end = (path: string) => send(path, { method: "DELETE" });
  return {
    state: async (): Promise<State> => {
      const [{ sources }, { credentials }, { webhooks }, { schedules }] = await Promise.all([
        read<Pick<State, "sources">>("/sources"),
        read<Pick<State, "credentials">>("/credentials"),
        read<Pick<State, "webhooks">>("/webhooks"),
        read<Pick<State, "schedules">>("/schedules"),
      ]);
      return { sources, credentials, webhooks, schedules };
    },
    connect: (order: Connection) => whole<Source & { job: Job }>("POST", "/repositories", order),
    disconnect: (repository: string) => end(`/repositories/${id(repository)}`),
    setSchedule: (repository: string, expression: string) => whole<Schedule>("PUT", `/schedules/${id(repository)}`, { expression }),
    endSchedule: (repository: string) => end(`/schedules/${id(repository)}`),
    addWebhook: (repository: string, provider: Provider) => whole<Webhook & { secret: string }>("POST", "/webhooks", { repository, provider }),
    rotateWebhook: (webhook: string, grace_s: number) => whole<Webhook & { secret: string }>("POST", `/webhooks/${id(webhook)}/rotate`, { grace_s }),
    endWebhook: (webhook: string) => end(`/webhooks/${id(webhook)}`),
    addCredential: (order: { name: string; kind: "token" | "ssh"; host: string; username: string; secret: string }) => whole<Credential>("POST", "/credentials", order),
    rotateCredential: (name: string, secret: string) => whole<Credential>("POST", `/credentials/${id(name)}/rotate`, { secret }),
    endCredential: (name: string) => end(`/credentials/${id(name)}`),
  };
}

export type Connections = ReturnType<typeof connections>;

/** Waits for what was begun, tells how it came out, and reads the page anew. */
export type Doing = <T>(what: Promise<T>, then?: string) => Promise<T | undefined>;
