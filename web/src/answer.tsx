import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, type Answer, type Claim, type Status } from "./api";
import { highlighter, languageOf } from "./highlighting";
import { asHtml } from "./markdown";
import { label, placeOf, type Place } from "./places";

const MARKS: Record<Status, { sign: string; said: string }> = {
  verified: { sign: "✓", said: "verified" },
  unverified: { sign: "?", said: "not verified" },
  unknown: { sign: "…", said: "unknown" },
  refuted: { sign: "✗", said: "refuted" },
};

/** Text of an answer; a click on a citation opens its lines. */
export function Text({ text, open }: { text: string; open: (place: Place) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const html = useMemo(() => asHtml(text), [text]);
  useEffect(() => void colour(box.current!), [html]);
  return (
    <div
      ref={box}
      class="prose"
      onClick={(event) => {
        const button = (event.target as Element).closest<HTMLElement>("[data-place]");
        const place = button && placeOf(button.dataset.place!);
        if (place) open(place);
      }}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}

async function colour(box: HTMLElement): Promise<void> {
  const blocks = [...box.querySelectorAll<HTMLElement>("code[data-language]")].filter((block) => languageOf(block.dataset.language!));
  if (!blocks.length) return;
  const hljs = await highlighter();
  for (const block of blocks) {
    block.innerHTML = hljs.highlight(block.textContent ?? "", { language: languageOf(block.dataset.language!)! }).value;
  }
}

/** What was checked, and how it came out; those that did not hold first. */
export function Claims({ claims, open }: { claims: Claim[]; open: (place: Place) => void }) {
  const order: Status[] = ["refuted", "unknown", "unverified", "verified"];
  const counted = order.map((status) => [status, claims.filter((claim) => claim.status === status).length] as const).filter(([, n]) => n);
  const sorted = [...claims].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return (
    <details class="claims">
      <summary>
        {counted.map(([status, n]) => (
          <span class={`mark ${status}`} key={status}>
            {MARKS[status].sign} {n} {MARKS[status].said}
          </span>
        ))}
      </summary>
      <ul>
        {sorted.slice(0, 200).map((claim, number) => (
          <li key={number}>
            <span class={`mark ${claim.status}`} title={MARKS[claim.status].said}>
              {MARKS[claim.status].sign}
              <span class="hidden">{MARKS[claim.status].said}: </span>
            </span>
            <span class="claim">{claim.text.replaceAll("`", "")}</span>
            {claim.citations.slice(0, 3).map((one) => {
              const place = { path: one.path, start: one.start_line, end: one.end_line };
              return (
                <button type="button" class="place" key={label(place)} onClick={() => open(place)}>
                  {label(place)}
                </button>
              );
            })}
            {claim.reasons.map((reason) => (
              <em key={reason}>{reason}</em>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Judging({ run }: { run: string }) {
  const [said, say] = useState("");
  const judge = (accepted: boolean) =>
    api.judge(run, accepted).then(
      () => say(accepted ? "Thank you." : "Thank you: it will not serve as an example."),
      (error: Error) => say(error.message),
    );
  return (
    <span class="judging">
      <button type="button" onClick={() => judge(true)}>Right</button>
      <button type="button" onClick={() => judge(false)}>Wrong</button>
      <span role="status">{said}</span>
    </span>
  );
}

export function Footer({ answer }: { answer: Answer }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(answer.answer);
    setCopied(true);
  };
  return (
    <footer class="facts">
      <span class={`verdict ${answer.verdict}`}>{answer.verdict}</span>
      <span title={answer.route}>{answer.model ?? answer.level}</span>
      <span>{answer.latency_ms < 1_000 ? `${Math.round(answer.latency_ms)} ms` : `${(answer.latency_ms / 1_000).toFixed(1)} s`}</span>
      {answer.cost_usd > 0 && <span>${answer.cost_usd.toFixed(4)}</span>}
      <span title="The release that answered">release {answer.release.slice(0, 12)}</span>
      <button type="button" class="quiet" onClick={copy}>{copied ? "Copied" : "Copy as Markdown"}</button>
      <Judging run={answer.run_id} />
    </footer>
  );
}
