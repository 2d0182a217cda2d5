import { useState } from "preact/hooks";
import { key, Problem } from "./api";

/** An error, and what to do about it. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const problem = error instanceof Problem ? error : new Problem(0, "fault", error.message, "Reload the page.");
  const [given, setGiven] = useState("");
  return (
    <section class="failure" role="alert">
      <p><b>{problem.message}</b></p>
      {problem.nextStep && <p>{problem.nextStep}</p>}
      {problem.status === 401 ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            key.set(given.trim());
            location.reload();
          }}
        >
          <label>
            API key <input type="password" autocomplete="off" value={given} onInput={(event) => setGiven(event.currentTarget.value)} />
          </label>
          <button type="submit">Use it</button>
        </form>
      ) : (
        retry && <button type="button" onClick={retry}>Try again</button>
      )}
    </section>
  );
}
