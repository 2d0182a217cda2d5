// What the tools tell a language model: one row a place, with how sure it is. No vscode here.
import type { Answer, AskedBack, Impact, Reached, Review, Structural, SymbolFound, SymbolRow } from "../server/rest";
import type { SearchRow } from "../../../web/src/shapes";

const SIGNS: Record<string, string> = { exact: "=", inferred: "~", ambiguous: "?", external: "^" };
export const LEGEND = "= exact, ~ inferred, ? ambiguous";
const ROWS = 60;

export function callersText(found: Structural): string {
  if (!found.symbol) return unknownName(found);
  const rows = found.results.slice(0, ROWS).map(rowText);
  return lines(
    `${found.symbol.qualified_name} ${found.symbol.path}:${found.symbol.line}`,
    `verdict: ${found.verdict}; ${found.results.length} rows (${LEGEND})`,
    ...rows,
    ...left(found.results.length),
    ...unseen(found),
  );
}

export function impactText(found: Impact): string {
  if (!found.symbol) return unknownName(found);
  const of = (effect: string) => found.results.filter((row) => row.effect === effect);
  return lines(
    `${found.symbol.qualified_name} ${found.symbol.path}:${found.symbol.line}`,
    `verdict: ${found.verdict} (${LEGEND})`,
    ...group("will break", of("will")),
    ...group("may break", of("may")),
    ...group("tests to run", found.tests),
    ...(found.entry_points.length ? ["entry points:", ...found.entry_points.slice(0, ROWS).map(symbolText)] : []),
    ...unseen(found),
  );
}

export function symbolFoundText(found: SymbolFound): string {
  if (!found.definition) return unknownName(found);
  const { definition: symbol, source } = found;
  return lines(
    `${symbol.kind} ${symbol.qualified_name} ${symbol.path}:${symbol.line}`,
    symbol.signature,
    symbol.docstring,
    source ? `lines ${source.start_line}-${source.end_line}${source.stale ? " (the file has changed since)" : ""}:\n${source.text}` : "",
    found.candidates.length ? `also meant: ${found.candidates.slice(0, 10).map(symbolText).join("; ")}` : "",
  );
}

export function searchText(rows: readonly SearchRow[]): string {
  if (!rows.length) return "Nothing fits.";
  return lines(...rows.map((row) => `${row.path}:${row.start_line}-${row.end_line} ${row.symbol ?? ""} (${row.why})`));
}

export function reviewText(found: Review, left: readonly string[] = []): string {
  return lines(
    `${found.repository} ${found.base}..${found.target}: risk ${found.risk}`,
    ...found.reasons.map(({ points, text }) => `${points} ${text}`),
    ...(found.files.length ? ["files:"] : ["nothing changed"]),
    ...found.files.slice(0, ROWS).map((file) => `${file.status} ${file.path} +${file.added_lines} -${file.removed_lines}${file.owners.length ? ` (${file.owners.join(", ")})` : ""}`),
    ...found.findings.slice(0, ROWS).map(({ severity, path, line, text, cites }) => `${severity} ${path}:${line} ${text}${cites.map((one) => ` [${one.path}:${one.line}]`).join("")}`),
    ...group("will break", found.will_break),
    ...group("may break", found.may_break),
    ...group("tests to run", found.tests),
    ...(found.untested.length ? ["no test reaches:", ...found.untested.slice(0, ROWS).map(symbolText)] : []),
    ...(found.stale.length ? [`changed since the index: ${found.stale.slice(0, 20).join(", ")}`] : []),
    ...[...found.notes, ...left].map((note) => `note: ${note}`),
  );
}

export function answerText(said: Answer | AskedBack): string {
  if ("choices" in said) return lines(said.question, ...said.choices.map(({ label, place }) => `${label} ${place}`));
  return lines(`verdict: ${said.verdict}`, said.answer, ...said.unknowns.map((unknown) => `unknown: ${unknown}`));
}

function rowText(row: Reached): string {
  return `${SIGNS[row.tier] ?? "?"} ${row.site?.path ?? row.symbol.path}:${row.site?.line ?? row.symbol.line} ${row.symbol.qualified_name}${row.depth > 1 ? ` depth ${row.depth}` : ""}${row.dispatched ? " (through an override)" : ""}`;
}

function symbolText(symbol: SymbolRow): string {
  return `${symbol.qualified_name} ${symbol.path}:${symbol.line}`;
}

function group(name: string, rows: readonly Reached[]): string[] {
  return rows.length ? [`${name}:`, ...rows.slice(0, ROWS).map(rowText), ...left(rows.length)] : [];
}

function left(count: number): string[] {
  return count > ROWS ? [`and ${count - ROWS} more`] : [];
}

function unseen(found: Structural): string[] {
  return found.uncovered.slice(0, 10).map(({ path, line, reason }) => `not seen: ${path}${line ? `:${line}` : ""} ${reason}`);
}

function unknownName(found: Structural): string {
  return lines(`verdict: ${found.verdict}; no symbol of this name`, ...found.candidates.slice(0, 10).map((one) => `near: ${symbolText(one)}`));
}

function lines(...rows: string[]): string {
  return rows.filter(Boolean).join("\n");
}
