// What the sidebar shows while the server cannot be asked: what is wrong, and what helps.
import type { SidebarCommand } from "../src/chat/messages";
import type { State } from "../src/server/connection";

interface Props {
  state: Exclude<State, { kind: "ready" }>;
  address: string;
  mayStart: boolean;
  run: (command: SidebarCommand) => void;
}

export function Connection({ state, address, mayStart, run }: Props) {
  if (state.kind === "asking") return <p class="notice quiet" role="status">Asking {address} …</p>;
  return (
    <section class="failure notice" role="alert">
      <p><b>{worded(state.message)}</b></p>
      <p>{worded(state.nextStep)}</p>
      <p class="doings">
        <button type="button" class="primary" onClick={() => run("clew.connect")}>Try again</button>
        {state.kind === "unauthorised" && <button type="button" onClick={() => run("clew.key.set")}>Give an API key</button>}
        {state.kind === "unreachable" && mayStart && <button type="button" onClick={() => run("clew.server.start")}>Start a local server</button>}
        <button type="button" onClick={() => run("clew.settings")}>Settings</button>
      </p>
    </section>
  );
}

/** What stands in backticks is code. */
function worded(text: string) {
  return text.split("`").map((part, number) => (number % 2 ? <code>{part}</code> : part));
}
