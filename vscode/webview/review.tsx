// A review of the folder's change: risk with its reasons, findings with the lines that prove them, tests to run, whom to ask.
import { summary } from "../src/review/findings";
import type { SidebarCommand } from "../src/chat/messages";
import type { Cited, Finding, Review as Reviewed } from "../src/server/rest";
import { useDoor } from "../../web/src/door";

interface Props {
  review: Reviewed;
  /** Files that were not sent, and why. */
  left: string[];
  what: string;
  run: (command: SidebarCommand) => void;
  close: () => void;
}

const SHOWN = 100;
const SAID: Record<Finding["severity"], string> = { error: "Will break", warning: "Look at it", information: "Good to know" };

export function Review({ review, left, what, run, close }: Props) {
  const owners = [...new Set(review.files.flatMap((file) => (file.owners.length ? file.owners : file.authors.map(({ name }) => name))))];
  return (
    <main class="review" aria-label="Review">
      <h1>Review of {what}</h1>
      <p role="status">{summary(review)}</p>
      {review.reasons.length > 0 && (
        <ul class="reasons">
          {review.reasons.map(({ text }) => <li key={text}>{worded(text)}</li>)}
        </ul>
      )}
      {review.findings.length > 0 && (
        <>
          <h2>Findings</h2>
          <ul class="findings">
            {review.findings.slice(0, SHOWN).map((one, number) => (
              <li key={number} class={one.severity}>
                <b>{SAID[one.severity]}</b> <Line repository={review.repository} {...one} /> {worded(one.text)}
                {one.cites.map((cite, at) => (
                  <span key={at} class="cites">see <Line repository={review.repository} {...cite} /> {worded(cite.text)}</span>
                ))}
              </li>
            ))}
          </ul>
          {review.findings.length > SHOWN && <p class="quiet">and {review.findings.length - SHOWN} more; all stand in Problems</p>}
        </>
      )}
      {review.tests.length > 0 && (
        <>
          <h2>Tests to run</h2>
          <ul>
            {review.tests.slice(0, SHOWN).map(({ symbol }) => (
              <li key={symbol.id}><Line repository={review.repository} path={symbol.path} line={symbol.line} /> {symbol.qualified_name}</li>
            ))}
          </ul>
        </>
      )}
      {owners.length > 0 && <p>Whom to ask: {owners.slice(0, 10).join(", ")}</p>}
      {[...review.notes, ...left].map((note) => <p key={note} class="quiet">{note}</p>)}
      <p class="doings">
        <button type="button" class="primary" onClick={close}>Back to the conversation</button>
        <button type="button" onClick={() => run("clew.review")}>Review again</button>
        <button type="button" onClick={() => { run("clew.review.clear"); close(); }}>Clear the findings</button>
      </p>
    </main>
  );
}

function Line({ repository, path, line }: Pick<Cited, "path" | "line"> & { repository: string }) {
  const { open } = useDoor();
  return <button type="button" class="place" onClick={() => open({ repository, path, start: line, end: line })}>{path}:{line}</button>;
}

/** What stands in backticks is code. */
function worded(text: string) {
  return text.split("`").map((part, number) => (number % 2 ? <code key={number}>{part}</code> : part));
}
