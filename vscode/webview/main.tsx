// The sidebar: the page's conversation, in the colours of the editor's theme.
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Chat } from "../../web/src/chat";
import { DoorProvider } from "../../web/src/door";
import type { ToSidebar } from "../src/chat/messages";
import { Connection } from "./connection";
import { Review } from "./review";
import { door, port } from "./editor";
import "../../web/src/theme.css";
import "../../web/src/chat.css";
import "./sidebar.css";

type Reviewed = Extract<ToSidebar, { type: "review" }>;
type Stated = Extract<ToSidebar, { type: "state" }>;

function Sidebar() {
  const [stated, setStated] = useState<Stated>();
  const [conversation, setConversation] = useState<{ number: number; thread?: string; question?: string }>({ number: 0 });
  const [reviewed, setReviewed] = useState<Reviewed>();
  const [was, setWas] = useState(false);

  useEffect(() => {
    port.listen((message) => {
      if (message.type === "state") {
        setStated(message);
        if (message.state.kind === "ready") setWas(true);
      } else if (message.type === "review") {
        setReviewed(message);
      } else if (message.type === "conversation") {
        setReviewed(undefined);
        setConversation(({ number }) => ({ number: number + 1, thread: message.thread, question: message.question }));
      }
    });
    port.post({ type: "ready" });
  }, []);
  const suggestions = useMemo(() => suggested(stated), [stated]);

  if (!stated) return null;
  const state = stated.state;
  const ready = state.kind === "ready" || was;
  return (
    <>
      {state.kind !== "ready" && <Connection state={state} address={stated.address} mayStart={stated.mayStart} run={(command) => port.post({ type: "run", command })} />}
      {reviewed && <Review {...reviewed} run={(command) => port.post({ type: "run", command })} close={() => setReviewed(undefined)} />}
      {ready && state.kind === "ready" && !state.repositories.length ? (
        <section class="notice">
          <h1>Nothing is indexed yet</h1>
          <p>Clew answers from an index of your code. Secrets are masked before anything is stored.</p>
          {stated.mayStart && <button type="button" class="primary" onClick={() => port.post({ type: "run", command: "clew.index" })}>Index this folder</button>}
        </section>
      ) : (
        ready && (
          <div class="conversation" hidden={reviewed !== undefined}>
            <Chat
              key={conversation.number}
              thread={conversation.thread}
              first={conversation.question}
              repository={stated.repository}
              suggestions={suggestions}
              began={() => undefined}
            />
          </div>
        )
      )}
    </>
  );
}

function suggested(stated: Stated | undefined): string[] {
  const name = stated?.repository || (stated?.state.kind === "ready" && stated.state.repositories[0]?.name);
  return name ? [`Give me an overview of ${name}.`, `What are the most used functions of ${name}?`, "Which functions have no tests?"] : [];
}

render(
  <DoorProvider value={door}>
    <Sidebar />
  </DoorProvider>,
  document.getElementById("app")!,
);
