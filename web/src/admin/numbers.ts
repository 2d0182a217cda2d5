// Numbers as people read them.
export const count = (value: number) => (value >= 10_000 ? Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value) : Math.round(value * 10) / 10 === Math.round(value) ? Math.round(value).toLocaleString("en") : value.toFixed(1));
export const dollars = (value: number) => (value === 0 ? "$0" : value < 0.01 ? `$${Number(value.toPrecision(2))}` : `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`);
export const time = (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`);
export const percent = (share: number) => `${Math.round(share * 100)} %`;
export const day = (at: number | null) => (at === null ? "never" : new Date(at * 1_000).toLocaleDateString());
export const when = (at: number | null) => (at === null ? "never" : new Date(at * 1_000).toLocaleString());

/** The days from `first` to `last`, both included, as 2026-11-30. */
export function daysBetween(first: string, last: string): string[] {
  const found: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000) found.push(new Date(at).toISOString().slice(0, 10));
  return found;
}

export function daysAgo(days: number, now: number = Date.now()): string {
  return new Date(now - days * 86_400_000).toISOString().slice(0, 10);
}
