import { useState } from "preact/hooks";
import { useDoor } from "./door";
import { save as saveFile } from "./page";
import type { Thread } from "./shapes";

interface Props {
  threads: Thread[];
  current: string | undefined;
  ask: () => void;
  changed: () => void;
}

/** Conversations: open, rename, export, delete. */
export function Threads({ threads, current, ask, changed }: Props) {
  const { client } = useDoor();
  const [renaming, setRenaming] = useState("");
  const [title, setTitle] = useState("");
  const [said, say] = useState("");
  const doing = (what: Promise<unknown>) => what.then(changed, (error: Error) => say(error.message));
  const save = (id: string) => {
    setRenaming("");
    if (title.trim()) void doing(client.rename(id, title.trim()));
  };
  const forget = async (thread: Thread) => {
    if (!confirm(`Delete “${thread.title}”? It cannot be brought back.`)) return;
    await doing(client.forget(thread.id));
    if (thread.id === current) ask();
  };
  const save_file = async (thread: Thread) => saveFile(`${thread.title.slice(0, 60) || thread.id}.md`, await client.markdown(thread.id));
  return (
    <nav class="threads" id="threads" aria-label="Conversations">
      <button type="button" onClick={ask}>New question</button>
      <p role="status" class="quiet">{said}</p>
      {!threads.length && <p class="quiet">Conversations are kept here.</p>}
      <ul>
        {threads.map((thread) => (
          <li key={thread.id} class={thread.id === current ? "current" : ""}>
            {renaming === thread.id ? (
              <form onSubmit={(event) => { event.preventDefault(); save(thread.id); }}>
                <input
                  aria-label="Title"
                  value={title}
                  ref={(input) => input?.focus()}
                  onInput={(event) => setTitle(event.currentTarget.value)}
                  onBlur={() => save(thread.id)}
                  onKeyDown={(event) => event.key === "Escape" && setRenaming("")}
                />
              </form>
            ) : (
              <>
                <a href={`#/threads/${encodeURIComponent(thread.id)}`} aria-current={thread.id === current ? "page" : undefined}>
                  {thread.title || thread.id}
                </a>
                <span class="doings">
                  <button type="button" class="quiet" title="Rename" aria-label={`Rename ${thread.title}`}
                    onClick={() => { setRenaming(thread.id); setTitle(thread.title); }}>✎</button>
                  <button type="button" class="quiet" title="Save as Markdown" aria-label={`Save ${thread.title}`}
                    onClick={() => void doing(save_file(thread))}>⤓</button>
                  <button type="button" class="quiet" title="Delete" aria-label={`Delete ${thread.title}`}
                    onClick={() => void forget(thread)}>✕</button>
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}
