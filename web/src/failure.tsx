import { useState } from "preact/hooks";
import { Problem } from "./api";
import { useDoor } from "./door";

/** An error, and what to do about it. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const { giveKey } = useDoor();
  const problem = error instanceof Problem ? error : new Problem(0, "fault", error.message, "Try again.");
  const [given, setGiven] = useState("");
  return (
    <section class="failure" role="alert">
      <p><b>{problem.message}</b></p>
      {problem.nextStep && <p>{problem.nextStep}</p>}
      {problem.status === 401 && giveKey ? (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            giveKey(given.trim());
          }}
        >
          <label>
            API key <input type="password" autocomplete="off" value={given} onInput={(event) => setGiven(event.currentTarget.value)} />
          </label>
          <button type="submit" disabled={!given.trim()}>Use it</button>
        </form>
      ) : (
        retry && <button type="button" onClick={retry}>Try again</button>
      )}
    </section>
  );
}
