// Small pictures of numbers, each with its table.
import type { ComponentChild } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

const HEIGHT = 170;
const LEFT = 52;
const BOTTOM = 22;
const TOP = 8;

export interface Series {
  name: string;
  values: (number | null)[];
}

interface DaysProps {
  title: string;
  days: string[];
  series: Series[];
  shown: (value: number) => string;
  as?: "columns" | "lines";
}

/** One value a day, or several, as columns or lines. */
export function Days({ title, days, series, shown, as = "columns" }: DaysProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watching = new ResizeObserver(() => setWidth(box.current?.clientWidth ?? 0));
    watching.observe(box.current!);
    return () => watching.disconnect();
  }, []);
  const most = ceiling(Math.max(0, ...series.flatMap((one) => one.values.map((value) => value ?? 0))));
  const step = (width - LEFT) / Math.max(1, days.length);
  const x = (index: number) => LEFT + (index + 0.5) * step;
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most);
  const labelled = [...new Set([0, Math.floor((days.length - 1) / 2), days.length - 1])];
  const said = series.map((one) => `${one.name}: ${summed(one.values, shown)}`).join("; ");
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        {series.length > 1 && series.map((one, index) => <span class={`key series-${index}`} key={one.name}>{one.name}</span>)}
      </figcaption>
      <div ref={box}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-label={`${title}. ${said}`}>
            {[0, 0.5, 1].map((share) => (
              <g key={share}>
                <line class="grid" x1={LEFT} x2={width} y1={y(most * share)} y2={y(most * share)} />
                <text x={LEFT - 6} y={y(most * share) + 4} text-anchor="end">{shown(most * share)}</text>
              </g>
            ))}
            {labelled.map((index) => (
              <text key={index} x={x(index)} y={HEIGHT - 6} text-anchor={index === 0 && days.length > 1 ? "start" : index === days.length - 1 && days.length > 1 ? "end" : "middle"}>{days[index]?.slice(5)}</text>
            ))}
            {series.map((one, number) =>
              as === "lines" ? (
                <g class={`series-${number}`} key={one.name}>
                  <polyline points={one.values.flatMap((value, index) => (value === null ? [] : [`${x(index)},${y(value)}`])).join(" ")} />
                  {one.values.map((value, index) => value !== null && <circle key={index} cx={x(index)} cy={y(value)} r="3"><title>{`${days[index]}: ${one.name} ${shown(value)}`}</title></circle>)}
                </g>
              ) : (
                <g class={`series-${number}`} key={one.name}>
                  {one.values.map((value, index) => (
                    <rect key={index} x={x(index) - Math.max(1, step * 0.36)} width={Math.max(2, step * 0.72)} y={y(value ?? 0)} height={HEIGHT - BOTTOM - y(value ?? 0)}>
                      <title>{`${days[index]}: ${shown(value ?? 0)}`}</title>
                    </rect>
                  ))}
                </g>
              ),
            )}
          </svg>
        )}
      </div>
      <details>
        <summary>As a table</summary>
        <Table head={["Day", ...series.map((one) => one.name)]} rows={days.map((day, index) => [day, ...series.map((one) => (one.values[index] == null ? "–" : shown(one.values[index]!)))])} />
      </details>
    </figure>
  );
}

function summed(values: (number | null)[], shown: (value: number) => string): string {
  const known = values.filter((value): value is number => value !== null);
  return known.length ? `from ${shown(Math.min(...known))} to ${shown(Math.max(...known))}` : "nothing measured";
}

/** A round number above what is shown: 1, 2, 2.5 or 5 times a power of ten. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value * 0.999)!;
}

/** A bar a row, longest first as given; the number stands beside it, so that the picture needs no table. */
export function Bars({ title, rows, shown }: { title: string; rows: { name: string; value: number | null }[]; shown: (value: number) => string }) {
  const most = Math.max(...rows.map((row) => row.value ?? 0), 0) || 1;
  return (
    <figure class="chart">
      <figcaption><h3>{title}</h3></figcaption>
      <dl class="bars">
        {rows.map((row) => (
          <div key={row.name}>
            <dt title={row.name}>{row.name}</dt>
            <dd>
              <svg height="12" aria-hidden="true"><rect class="series-0" width={`${((row.value ?? 0) / most) * 100}%`} height="12" rx="2" /></svg>
              <span>{row.value === null ? "–" : shown(row.value)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}

/** The first column names the row; the others are right-aligned where `words` does not say otherwise. */
export function Table({ head, rows, label, words = false }: { head: string[]; rows: ComponentChild[][]; label?: string; words?: boolean }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label ?? head.join(", ")}>
      <table>
        <thead>
          <tr>{head.map((name, index) => <th key={name} scope="col" class={index && !words ? "n" : ""}>{name || <span class="hidden">Actions</span>}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((cells, number) => (
            <tr key={number}>
              {cells.map((cell, index) => (index === 0 ? <th key={index} scope="row">{cell}</th> : <td key={index} class={words ? "" : "n"}>{cell}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
