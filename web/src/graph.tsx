import { useEffect, useRef } from "preact/hooks";
import type { Neighbours } from "./shapes";

const LINES: Record<string, "solid" | "dashed" | "dotted"> = { exact: "solid", inferred: "dashed", ambiguous: "dotted" };

/** The picture of a neighbourhood. Keyboard and screen readers have the list below it. */
export function Graph({ found }: { found: Neighbours }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let drawn: { destroy(): void } | undefined;
    let current = true;
    void import("cytoscape").then(({ default: cytoscape }) => {
      if (!current) return;
      const { color: ink, caretColor: accent } = getComputedStyle(box.current!);
      const depths = new Map(found.nodes.map((node) => [node.id, node.depth]));
      const view = cytoscape({
        container: box.current!,
        elements: [
          ...found.nodes.map((node) => ({
            data: { id: node.id, label: node.qualified_name.split(/[.:]/).slice(-2).join("."), start: node.id === found.symbol?.id ? 1 : 0 },
          })),
          ...found.edges
            .filter((edge) => edge.target && depths.has(edge.source) && depths.has(edge.target))
            .map((edge) => ({ data: { source: edge.source, target: edge.target!, label: edge.kind.toLowerCase(), line: LINES[edge.tier] ?? "dotted" } })),
        ],
        maxZoom: 1.4,
        style: [
          { selector: "node", style: { label: "data(label)", color: ink, "font-size": 11, "background-color": ink, width: 10, height: 10, "text-valign": "bottom", "text-margin-y": 3 } },
          { selector: "node[start = 1]", style: { "background-color": accent, width: 18, height: 18 } },
          { selector: "edge", style: { width: 1, "line-color": ink, opacity: 0.6, "target-arrow-color": ink, "target-arrow-shape": "triangle", "curve-style": "bezier", "arrow-scale": 0.7, "line-style": "data(line)" as never } },
        ],
        layout: { name: "concentric", concentric: (node) => -depths.get(node.id())!, levelWidth: () => 1, minNodeSpacing: 60, startAngle: 0 },
      });
      view.on("tap", "node", (event) => {
        location.hash = `#/symbols/${encodeURIComponent(event.target.id())}`;
      });
      const watching = new ResizeObserver(() => view.resize() && view.fit(undefined, 20));
      watching.observe(box.current!);
      drawn = {
        destroy: () => {
          watching.disconnect();
          view.destroy();
        },
      };
    });
    return () => {
      current = false;
      drawn?.destroy();
    };
  }, [found]);
  return (
    <>
      {/* cytoscape writes no style of its own (which the content policy would refuse) where it finds this; ours is in style.css. */}
      <div id="__________cytoscape_stylesheet" hidden />
      <div class="graph" ref={box} aria-hidden="true" />
    </>
  );
}
