import type { Core, StylesheetJson } from "cytoscape";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDoor } from "./door";
import type { Dot, Drawing } from "./drawing";

const DASHES: Record<string, "solid" | "dashed" | "dotted"> = { exact: "solid", inferred: "dashed" };
const SMALLEST = 0.55;
const MARGIN = 60;
const GAP = 11;
const HALF = 5;
const KEYS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** A drawing, to be looked at, dragged and walked through by keyboard; the list below it says the same. */
export function Graph({ drawing, view, said }: { drawing: Drawing; view: "near" | "impact"; said: string }) {
  const { show } = useDoor();
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Core | undefined>(undefined);
  const [at, setAt] = useState(-1);
  const dots = drawing.dots.filter((dot) => dot.look !== "ring");
  const chosen: Dot | undefined = dots[at];

  useLayoutEffect(() => {
    setAt(-1);
    let current = true;
    let leave = () => undefined as void;
    void import("cytoscape").then(({ default: cytoscape }) => {
      if (!current || !box.current) return;
      const core = cytoscape({ container: box.current, elements: elementsOf(drawing), style: styleOf(box.current), layout: { name: "preset" }, userZoomingEnabled: false, autoungrabify: true, boxSelectionEnabled: false });
      core.on("tap", "node[look != 'ring']", (event) => show(event.target.id(), view));
      const fit = () => {
        core.resize();
        core.fit(undefined, 24);
        if (core.zoom() > 1) core.zoom(1);
        if (core.zoom() < SMALLEST) core.zoom(SMALLEST);
        core.center(core.zoom() > SMALLEST ? undefined : core.$("node[look = 'start']"));
      };
      const watching = new ResizeObserver(fit);
      watching.observe(box.current);
      fit();
      drawn.current = core;
      leave = () => {
        watching.disconnect();
        core.destroy();
        drawn.current = undefined;
      };
    });
    return () => {
      current = false;
      leave();
    };
  }, [drawing]);

  const zoom = (by: number) => {
    const core = drawn.current;
    if (core) core.zoom({ level: Math.min(2.5, Math.max(0.1, core.zoom() * by)), renderedPosition: { x: core.width() / 2, y: core.height() / 2 } });
  };
  const choose = (next: number) => {
    setAt(next);
    const core = drawn.current;
    core?.$(".chosen").removeClass("chosen");
    const node = core?.getElementById(dots[next]!.id);
    node?.addClass("chosen");
    if (!core || !node) return;
    const { x, y } = node.renderedPosition();
    if (x < MARGIN || y < MARGIN || x > core.width() - MARGIN || y > core.height() - MARGIN) core.center(node);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key in KEYS) choose((at + KEYS[event.key]! + dots.length) % dots.length);
    else if (event.key === "Enter" && chosen) show(chosen.id, view);
    else if (event.key === "+") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else return;
    event.preventDefault();
  };
  return (
    <figure class="picture">
      {/* cytoscape writes no style of its own (which the content policy would refuse) where it finds this; ours is in style.css. */}
      <div id="__________cytoscape_stylesheet" hidden />
      <div class="graph" ref={box} tabIndex={0} role="application" aria-label={`${said}. Arrows walk, Enter opens, plus and minus zoom; the list below says the same.`} onKeyDown={pressed} />
      <figcaption>
        <span role="status">{chosen?.said ?? said}</span>
        <span>
          <button type="button" class="small" aria-label="Larger" onClick={() => zoom(1.25)}>+</button>{" "}
          <button type="button" class="small" aria-label="Smaller" onClick={() => zoom(0.8)}>−</button>
        </span>
      </figcaption>
    </figure>
  );
}

function elementsOf({ dots, lines }: Drawing) {
  return [
    ...dots.map((dot) => ({
      data: { id: dot.id, look: dot.look, side: dot.side, turn: dot.turn, radius: (dot.radius ?? 0) * 2, label: dot.label, ...margins(dot) },
      position: { x: dot.x, y: dot.y },
      selectable: false,
      grabbable: false,
    })),
    ...lines.map((line, index) => ({ data: { id: `line ${index}`, source: line.source, target: line.target, dashes: DASHES[line.tier] ?? "dotted", look: line.look } })),
  ];
}

/** How far a label's beginning stands from its dot, in the direction in which it reads: the anchor is at the dot's edge before it is turned. */
function margins({ side, turn }: Dot): { aside: number; down: number } {
  const outward = side === "left" ? -1 : 1;
  return { aside: outward * (GAP * Math.cos(turn) - HALF), down: outward * GAP * Math.sin(turn) };
}

/** Colours are those of the page at this moment. */
function styleOf(box: HTMLElement): StylesheetJson {
  const page = getComputedStyle(box);
  const ink = page.color;
  const of = (name: string) => {
    const probe = box.appendChild(Object.assign(document.createElement("i"), { className: `colour ${name}` }));
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const [accent, bad, unsure, good, rule] = ["accent", "bad", "unsure", "good", "rule"].map(of) as [string, string, string, string, string];
  const turned = (node: { data(name: string): unknown }) => Number(node.data("turn"));
  return [
    { selector: "node", style: { label: "data(label)", color: ink, "font-size": 12, "background-color": ink, width: 9, height: 9, "text-valign": "center", "text-rotation": turned as never } },
    { selector: "node[side = 'left']", style: { "text-halign": "left", "text-margin-x": "data(aside)" as never, "text-margin-y": "data(down)" as never } },
    { selector: "node[side = 'right']", style: { "text-halign": "right", "text-margin-x": "data(aside)" as never, "text-margin-y": "data(down)" as never } },
    { selector: "node[side = 'below']", style: { "text-valign": "bottom", "text-margin-y": 4, "font-weight": "bold" } },
    { selector: "node[look = 'start']", style: { "background-color": accent, width: 18, height: 18, "font-size": 14, "text-background-color": page.backgroundColor, "text-background-opacity": 0.85, "z-index": 9 } },
    { selector: "node[look = 'will']", style: { "background-color": bad, shape: "diamond", width: 13, height: 13 } },
    { selector: "node[look = 'may']", style: { "background-color": page.backgroundColor, "border-color": unsure, "border-width": 2 } },
    { selector: "node[look = 'test']", style: { "background-color": good, shape: "rectangle" } },
    { selector: "node[look = 'ring']", style: { width: "data(radius)", height: "data(radius)", "background-opacity": 0, "border-color": rule, "border-width": 1, "border-style": "dashed", events: "no", "z-index": 0 } },
    { selector: "node.chosen", style: { "border-color": accent, "border-width": 4, width: 16, height: 16 } },
    { selector: "edge", style: { width: 1.2, "line-color": ink, opacity: 0.45, "target-arrow-color": ink, "target-arrow-shape": "triangle", "curve-style": "bezier", "arrow-scale": 0.8, "line-style": "data(dashes)" as never } },
    { selector: "edge[look = 'will']", style: { "line-color": bad, "target-arrow-color": bad, opacity: 0.7 } },
  ];
}
