// Where the symbols of a picture stand: columns for what is near a symbol, rings for what a change reaches. No drawing here.
import type { Impact, Neighbours } from "./shapes";

export type Look = "start" | "will" | "may" | "test" | "plain" | "ring";

export interface Dot {
  id: string;
  label: string;
  x: number;
  y: number;
  look: Look;
  /** Which way the label reads from the dot: degrees, and on which side it stands. */
  turn: number;
  side: "left" | "right" | "below";
  /** The whole of what it is, told by keyboard. */
  said: string;
  radius?: number;
}

export interface Line {
  source: string;
  target: string;
  tier: string;
  look: Look;
}

export interface Drawing {
  dots: Dot[];
  lines: Line[];
  /** How much was left out, because a picture of it would be none. */
  left_out: number;
}

const ROW = 24;
const COLUMN = 290;
const RING = 190;
const APART = 15;
const WIDEST_RING = 1_100;
export const MOST_DOTS = 120;

/** What uses a symbol on the left, what it uses on the right, one column a step. */
export function columns(found: Neighbours): Drawing {
  const start = found.symbol?.id ?? "";
  const side = new Map<string, number>([[start, 0]]);
  const nodes = [...found.nodes].sort((a, b) => a.depth - b.depth);
  for (const node of nodes) {
    if (node.depth === 0) side.set(node.id, 0);
    else {
      const inward = found.edges.find((edge) => edge.source === node.id && edge.target !== null && depthOf(found, edge.target) === node.depth - 1);
      const outward = found.edges.find((edge) => edge.target === node.id && depthOf(found, edge.source) === node.depth - 1);
      const parent = inward ? side.get(inward.target!) : outward ? side.get(outward.source) : 0;
      side.set(node.id, parent || (inward ? -1 : 1));
    }
  }
  const columns = new Map<number, typeof nodes>();
  for (const node of nodes) {
    const column = side.get(node.id)! * node.depth;
    columns.set(column, [...(columns.get(column) ?? []), node]);
  }
  const dots = [...columns].flatMap(([column, members]) =>
    members.map((node, row): Dot => ({
      id: node.id,
      label: shortened(node.qualified_name),
      x: column * COLUMN,
      y: (row - (members.length - 1) / 2) * ROW,
      look: node.id === start ? "start" : node.is_test ? "test" : "plain",
      turn: 0,
      side: column === 0 ? "below" : column < 0 ? "left" : "right",
      said: `${node.qualified_name}, ${node.kind}, ${node.path} line ${node.line}`,
    })),
  );
  const known = new Set(dots.map((dot) => dot.id));
  const lines = found.edges
    .filter((edge) => edge.target !== null && known.has(edge.source) && known.has(edge.target))
    .map((edge): Line => ({ source: edge.source, target: edge.target!, tier: edge.tier, look: "plain" }));
  return { dots, lines, left_out: 0 };
}

function depthOf(found: Neighbours, id: string): number | undefined {
  return found.nodes.find((node) => node.id === id)?.depth;
}

/** The changed symbol in the middle, a ring for each step; what is reached through another stands in that one's sector. */
export function rings(found: Impact): Drawing {
  const start = found.symbol!.id;
  const rows = found.results.filter((row) => row.symbol.id !== start).slice(0, MOST_DOTS);
  const shown = new Map(rows.map((row) => [row.symbol.id, row]));
  const below = new Map<string, typeof rows>();
  for (const row of shown.values()) {
    const via = row.via !== null && (shown.get(row.via)?.depth ?? Infinity) < row.depth ? row.via : start;
    below.set(via, [...(below.get(via) ?? []), row]);
  }
  const leaves = new Map<string, number>();
  const count = (id: string): number => {
    const n = (below.get(id) ?? []).reduce((sum, row) => sum + count(row.symbol.id), 0) || 1;
    leaves.set(id, n);
    return n;
  };
  count(start);
  const angles = new Map<string, number>();
  const spread = (id: string, from: number, to: number): void => {
    angles.set(id, (from + to) / 2);
    let at = from;
    for (const row of below.get(id) ?? []) {
      const share = ((to - from) * leaves.get(row.symbol.id)!) / (below.get(id)!.reduce((sum, one) => sum + leaves.get(one.symbol.id)!, 0));
      spread(row.symbol.id, at, at + share);
      at += share;
    }
  };
  spread(start, -Math.PI, Math.PI);
  const depths = [...new Set([...shown.values()].map((row) => row.depth))].sort((a, b) => a - b);
  const radii = new Map<number, number>();
  let before = 0;
  for (const depth of depths) {
    const members = [...shown.values()].filter((row) => row.depth === depth).map((row) => angles.get(row.symbol.id)!).sort((a, b) => a - b);
    const gap = Math.min(2 * Math.PI / members.length, ...members.slice(1).map((angle, index) => angle - members[index]!));
    before = Math.max(before + RING, Math.min(WIDEST_RING, members.length > 1 ? APART / Math.max(gap, 1e-6) : 0));
    radii.set(depth, before);
  }
  const dots: Dot[] = [...radii].map(([depth, radius]) => ({
    id: `ring ${depth}`, label: "", x: 0, y: 0, look: "ring", turn: 0, side: "below", said: "", radius,
  }));
  dots.push({ id: start, label: shortened(found.symbol!.qualified_name), x: 0, y: 0, look: "start", turn: 0, side: "below", said: `${found.symbol!.qualified_name}, the symbol that changes` });
  for (const row of shown.values()) {
    const angle = angles.get(row.symbol.id)!;
    const radius = radii.get(row.depth)!;
    const leftwards = Math.cos(angle) < -1e-9;
    dots.push({
      id: row.symbol.id,
      label: shortened(row.symbol.qualified_name),
      x: radius * Math.cos(angle),
      y: radius * Math.sin(angle),
      look: row.effect,
      turn: leftwards ? angle - Math.PI : angle,
      side: leftwards ? "left" : "right",
      said: `${row.symbol.qualified_name}, ${row.effect === "test" ? "a test to run" : `${row.effect} break`}, ${row.depth} ${row.depth === 1 ? "step" : "steps"} away, ${row.symbol.path} line ${row.symbol.line}`,
    });
  }
  const lines = [...below].flatMap(([via, members]) =>
    members.map((row): Line => ({ source: row.symbol.id, target: via, tier: row.tier, look: row.effect })),
  );
  return { dots, lines, left_out: found.results.length - rows.length };
}

const LONGEST = 28;

/** The last two parts of a name, cut where it is long. */
function shortened(name: string): string {
  const parts = name.split(/[.:#]+/).filter(Boolean).slice(-2).join(".");
  return parts.length > LONGEST ? `${parts.slice(0, LONGEST - 1)}…` : parts;
}
