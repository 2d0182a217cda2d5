import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { isWritten } from "./api";
import { useDoor } from "./door";
import { highlighter, languageOf } from "./highlighting";
import { Judging } from "./judging";
import { asHtml } from "./markdown";
import { cite, cites, mark, MARKS, provenBy, sentenceTo } from "./marking";
import { label, localName, placeOf } from "./places";
import type { Answer, Claim, Status } from "./shapes";

const ORDER: Status[] = ["refuted", "unknown", "unverified", "verified"];
const SHOWN = 200;

/** A claim's status as a sign, with a word for those who do not see it. */
export function Mark({ status }: { status: Status }) {
  return (
    <span class={`mark ${status}`} title={MARKS[status].said}>
      {MARKS[status].sign}
      <span class="hidden">{MARKS[status].said}: </span>
    </span>
  );
}

/** Text of an answer; a click on a citation opens its lines, with the claim that they prove. */
export function Text({ text, claims = [] }: { text: string; claims?: Claim[] }) {
  const { open } = useDoor();
  const box = useRef<HTMLDivElement>(null);
  const html = useMemo(() => asHtml(text), [text]);
  useLayoutEffect(() => {
    cite(box.current!);
    mark(box.current!, claims);
    void colour(box.current!);
  }, [html, claims]);
  const follow = (event: Event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-place]");
    const place = button && placeOf(button.dataset.place!);
    if (!place) return;
    event.preventDefault();
    const proof = provenBy(place, claims, sentenceTo(button));
    const repository = place.repository ?? proof?.citations.find((one) => cites(one, place))?.repository;
    open({ ...place, repository }, proof);
  };
  return (
    <div
      ref={box}
      class="prose"
      onClick={follow}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && follow(event)}
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

/** How many claims came out how; those that did not hold first. */
export function Counts({ claims }: { claims: { status: Status }[] }) {
  const counted = ORDER.map((status) => [status, claims.filter((claim) => claim.status === status).length] as const).filter(([, n]) => n);
  return (
    <>
      {counted.map(([status, n]) => (
        <span class={`mark ${status}`} key={status}>
          {MARKS[status].sign} {n} {MARKS[status].said}
        </span>
      ))}
    </>
  );
}

/** What was checked, and how it came out; those that did not hold first. */
export function Claims({ claims, run }: { claims: Claim[]; run: string }) {
  const { open } = useDoor();
  const sorted = claims.map((claim, number) => ({ claim, number })).sort((a, b) => ORDER.indexOf(a.claim.status) - ORDER.indexOf(b.claim.status));
  return (
    <details class="claims">
      <summary>
        <Counts claims={claims} />
      </summary>
      <ul>
        {sorted.slice(0, SHOWN).map(({ claim, number }) => (
          <li key={number}>
            <Mark status={claim.status} />
            <span class="claim">{claim.text.replaceAll("`", "")}</span>{" "}
            {claim.tier && <span class={`tier ${claim.tier}`}>{claim.tier}</span>}
            {claim.citations.slice(0, 3).map((one) => {
              const place = { repository: one.repository, path: one.path, start: one.start_line, end: one.end_line };
              return (
                <button type="button" class="place" key={label(place)} onClick={() => open(place, claim)}>
                  {label(place)}
                </button>
              );
            })}
            <Judging run={run} claim={number} what={`The claim “${claim.text.replaceAll("`", "").slice(0, 80)}”`} />
            {claim.reasons.map((reason) => (
              <em key={reason}>{reason.replaceAll("`", "")}</em>
            ))}
          </li>
        ))}
      </ul>
      {sorted.length > SHOWN && <p class="quiet">… and {sorted.length - SHOWN} more.</p>}
    </details>
  );
}

const DRAWN: Record<string, "near" | "impact"> = { impact: "impact", callers: "near", callees: "near", symbol: "near" };

/** The ways from an answer to its pictures. */
export function Pictures({ answer }: { answer: Answer }) {
  const { show } = useDoor();
  const steps = (answer.reading ?? []).filter((step) => step.intent in DRAWN && step.names.length > 0);
  return (
    <>
      {steps.map(({ intent, names }) => (
        <button type="button" class="small" key={intent + names[0]} onClick={() => show(names[0]!, DRAWN[intent]!)}>
          {DRAWN[intent] === "impact" ? "Draw what a change breaks" : "Draw what is near"}: <code>{localName(names[0]!)}</code>
        </button>
      ))}
    </>
  );
}

/** How the answer came to be, and what may be done with it. */
export function Footer({ answer }: { answer: Answer }) {
  const { client } = useDoor();
  const [copied, setCopied] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(answer.answer);
      setCopied("Copied");
      await client.say(answer.run_id, { signal: "copied" });
    } catch {
      setCopied((before) => before || "Your browser does not let the page copy");
    }
  };
  return (
    <footer class="facts">
      <span class={`verdict ${answer.verdict}`}>{answer.verdict}</span>
      <span title={answer.route}>{answer.model ?? answer.level}</span>
      <span>{answer.latency_ms < 1_000 ? `${Math.round(answer.latency_ms)} ms` : `${(answer.latency_ms / 1_000).toFixed(1)} s`}</span>
      {answer.cost_usd > 0 && <span>${answer.cost_usd.toFixed(4)}</span>}
      <span title="The release that answered">release {answer.release.slice(0, 12)}</span>
      <button type="button" class="quiet" onClick={() => void copy()}>{copied || "Copy as Markdown"}</button>
      <Judging run={answer.run_id} written={isWritten(answer)} what="The answer" />
    </footer>
  );
}
