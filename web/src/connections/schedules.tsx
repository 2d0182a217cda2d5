const USUAL = ["every 15m", "every 1h", "@daily", "30 3 * * mon-fri"];

/** When a repository is fetched, as it is written: cron in UTC, a span, or a name; the usual ones are offered. */
export function Expression({ label, value, change, first = false }: { label: string; value: string; change: (value: string) => void; first?: boolean }) {
  const list = `usual of ${label}`.replaceAll(/\W+/g, "-");
  return (
    <>
      <input aria-label={label} value={value} placeholder="every 1h" list={list} ref={first ? focused : undefined} onInput={(event) => change(event.currentTarget.value)} />
      <datalist id={list}>{USUAL.map((one) => <option key={one} value={one} />)}</datalist>
    </>
  );
}

function focused(input: HTMLInputElement | null): void {
  input?.focus();
}
