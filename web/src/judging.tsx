import { useRef, useState } from "preact/hooks";
import { useDoor } from "./door";

interface Props {
  run: string;
  /** Which claim, from 0; without one it is about the whole answer. */
  claim?: number;
  /** Whether a model wrote the answer: then it may serve as an example. */
  written?: boolean;
  what: string;
}

/** Right or wrong, and what would be right instead. */
export function Judging({ run, claim, written = false, what }: Props) {
  const { client } = useDoor();
  const [given, setGiven] = useState<1 | -1>();
  const [said, say] = useState("");
  const [text, setText] = useState("");
  const [correcting, setCorrecting] = useState(false);
  const wrong = useRef<HTMLButtonElement>(null);
  const judge = async (value: 1 | -1) => {
    setGiven(value);
    setCorrecting(value < 0);
    try {
      await client.say(run, { signal: "thumb", value, claim });
      if (written && claim === undefined) await client.accept(run, value > 0).catch(() => undefined);
      say("Thank you.");
    } catch (error) {
      setGiven(undefined);
      say((error as Error).message);
    }
  };
  const correct = async () => {
    try {
      await client.say(run, { signal: "correction", claim, correction: text.trim() });
      say("Thank you: your correction is kept.");
      close();
    } catch (error) {
      say((error as Error).message);
    }
  };
  const close = () => {
    setCorrecting(false);
    wrong.current?.focus();
  };
  return (
    <span class="judging">
      <button type="button" class="small" aria-pressed={given === 1} aria-label={`${what} is right`} onClick={() => void judge(1)}>Right</button>
      <button type="button" class="small" ref={wrong} aria-pressed={given === -1} aria-label={`${what} is wrong`} onClick={() => void judge(-1)}>Wrong</button>
      <span role="status">{said}</span>
      {correcting && (
        <form
          class="correcting"
          onSubmit={(event) => {
            event.preventDefault();
            void correct();
          }}
          onKeyDown={(event) => event.key === "Escape" && close()}
        >
          <label>
            What is right? <textarea rows={2} maxLength={10_000} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </label>
          <button type="submit" class="small" disabled={!text.trim()}>Send the correction</button>
          <button type="button" class="small" onClick={close}>Leave it</button>
        </form>
      )}
    </span>
  );
}
