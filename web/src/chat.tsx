import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./api";
import { Claims, Footer, Pictures, Text } from "./answer";
import { useDoor } from "./door";
import { Failure } from "./failure";
import { Judging } from "./judging";
import { Noticing } from "./noticing";
import { Run } from "./run";
import type { Answer, AskedBack, Told, Turn } from "./shapes";

interface Asked {
  question: string;
  told: Told[];
  running: boolean;
  replies: string[];
  answer?: Answer;
  back?: AskedBack;
  error?: Problem;
}

interface Props {
  thread: string | undefined;
  repository: string;
  suggestions: string[];
  /** A question to begin with, asked at once. */
  first?: string;
  /** A turn has ended: the list of conversations is another now. */
  began: (thread: string) => void;
}

/** One conversation: what was said before, what is asked now. The key of this component is the thread. */
export function Chat({ thread, repository, suggestions, first, began }: Props) {
  const { client } = useDoor();
  const [earlier, setEarlier] = useState<Turn[]>([]);
  const [asked, setAsked] = useState<Asked[]>([]);
  const [failed, setFailed] = useState<Error>();
  const [text, setText] = useState("");
  const id = useRef(thread);
  const stopping = useRef<AbortController | undefined>(undefined);
  const turns = useRef<HTMLDivElement>(null);
  const running = asked.at(-1)?.running ?? false;

  useLayoutEffect(() => {
    if (thread) client.thread(thread).then((whole) => setEarlier(whole.turns), setFailed);
    if (first) void put(first);
    return () => stopping.current?.abort();
  }, []);
  useLayoutEffect(() => {
    const last = turns.current?.querySelector<HTMLElement>("article:last-of-type");
    if (asked.length) last?.scrollIntoView({ block: "start" });
    else if (earlier.length) turns.current!.scrollTop = turns.current!.scrollHeight;
  }, [asked.length, earlier.length]);

  const put = async (question: string, replies: string[] = [], again = false) => {
    if (!question.trim() || running) return;
    const one: Asked = { question, told: [], running: true, replies };
    const change = (what: Partial<Asked>) => {
      Object.assign(one, what);
      setAsked((all) => [...all.slice(0, -1), { ...one }]);
    };
    setAsked((all) => [...(replies.length || again ? all.slice(0, -1) : all), one]);
    setText("");
    stopping.current = new AbortController();
    const signal = stopping.current.signal;
    try {
      const repositories = repository ? [repository] : undefined;
      id.current ??= fresh();
      for await (const told of client.ask({ question, thread_id: id.current, repositories, replies }, signal)) {
        if (told.name === "final") change({ answer: told.data, running: false });
        else if (told.name === "asked_back") change({ back: told.data, running: false });
        else if (told.name === "error") throw new Problem(told.data.status, told.data.code, told.data.detail, told.data.next_step);
        else if (told.name === "draft" && one.told.at(-1)?.name === "draft") {
          one.told.at(-1)!.data.text += told.data.text;
          change({});
        } else change({ told: [...one.told, told] });
      }
      began(id.current);
    } catch (error) {
      if (!signal.aborted) change({ error: error as Problem });
    } finally {
      if (one.running) change({ running: false });
    }
  };
  const stop = () => {
    stopping.current?.abort();
    const stream = asked.at(-1)?.told.find((told) => told.name === "started")?.data.stream_id;
    if (stream) void client.stop(stream).catch(() => undefined);
  };

  return (
    <main class="chat" id="main" tabIndex={-1}>
      <div class="turns" ref={turns} aria-live="polite">
        {failed && <Failure error={failed} />}
        {!thread && !asked.length && (
          <section class="welcome">
            <h1>Ask about your code</h1>
            <p>Every answer shows the lines that prove it. What cannot be known is said to be unknown.</p>
            <ul class="suggestions">
              {suggestions.map((one) => (
                <li key={one}>
                  <button type="button" onClick={() => put(one)}>{one}</button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {earlier.map((turn) => (
          <Noticing key={turn.number} run={turn.run_id}>
            <h2>{turn.question}</h2>
            <Text text={turn.answer} />
            <footer class="facts">
              <span class={`verdict ${turn.verdict}`}>{turn.verdict}</span>
              <span>{turn.level}</span>
              {turn.run_id && <Judging run={turn.run_id} what={`The answer to “${turn.question.slice(0, 80)}”`} />}
            </footer>
          </Noticing>
        ))}
        {asked.map((one, number) => (
          <Noticing key={number} busy={one.running} run={one.answer?.run_id} claims={one.answer?.claims}>
            <h2>{one.question}</h2>
            <Run told={one.told} running={one.running} />
            {one.running && <Draft told={one.told} />}
            {one.answer && <Text text={one.answer.answer} claims={one.answer.claims} />}
            {one.answer?.patch && <Text text={`\`\`\`diff\n${one.answer.patch}\n\`\`\``} />}
            {one.answer && one.answer.claims.length > 0 && <Claims claims={one.answer.claims} run={one.answer.run_id} />}
            {one.back && (
              <section class="choices">
                <p>{one.back.question.replaceAll("`", "")}</p>
                {one.back.choices.map((choice) => (
                  <button type="button" key={choice.value} onClick={() => put(one.question, [...one.replies, choice.value])}>
                    <code>{choice.label.replaceAll("`", "")}</code> <span class="quiet">{choice.place}</span>
                  </button>
                ))}
              </section>
            )}
            {one.error && <Failure error={one.error} retry={number === asked.length - 1 ? () => put(one.question, one.replies, true) : undefined} />}
            {one.answer && <Pictures answer={one.answer} />}
            {one.answer && <Footer answer={one.answer} />}
            {one.answer && number === asked.length - 1 && one.answer.follow_ups.length > 0 && (
              <ul class="suggestions">
                {one.answer.follow_ups.map((follow) => (
                  <li key={follow}>
                    <button type="button" onClick={() => put(follow)}>{follow.replaceAll("`", "")}</button>
                  </li>
                ))}
              </ul>
            )}
          </Noticing>
        ))}
      </div>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          void put(text);
        }}
      >
        <textarea
          aria-label="Question"
          placeholder="Who calls …? Where is …? Or paste a traceback"
          rows={Math.min(8, text.split("\n").length + 1)}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              void put(text);
            }
          }}
        />
        {running ? (
          <button type="button" onClick={stop}>Stop</button>
        ) : (
          <button type="submit" disabled={!text.trim()}>Ask</button>
        )}
      </form>
    </main>
  );
}

/** A name for a new conversation. Not randomUUID: pages that came over plain HTTP from another machine do not have it. */
function fresh(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a model is writing: shown as it comes, marked as not checked, gone when the checked answer is there. */
function Draft({ told }: { told: Told[] }) {
  let from = 0;
  told.forEach((one, index) => {
    if (one.name === "segment") from = index + 1;
  });
  const text = told.slice(from).filter((one) => one.name === "draft").map((one) => one.data.text).join("");
  return text ? (
    <section class="draft">
      <p class="quiet">A draft, not checked yet</p>
      <div class="plain">{text}</div>
    </section>
  ) : null;
}
