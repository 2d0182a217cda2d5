import { useState } from "preact/hooks";
import { Problem } from "./api";
import { useDoor } from "./door";

/** An error, and what to do about it. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const { giveKey } = useDoor();
  const problem = error instanceof Problem ? error : new Problem(0, "fault", error.message, "Try again.");
  const [given, setGiven] = useState("");
  const asks = problem.status === 401 && giveKey !== undefined;
  return (
    <section class="failure" role="alert">
      <p><b>{asks ? "This server answers those it knows" : problem.message}</b></p>
      <p>{asks ? "Give the key that was made for you; it is kept for this tab alone. One that ended or was revoked does no longer." : problem.nextStep}</p>
      {asks ? (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            giveKey!(given.trim());
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
