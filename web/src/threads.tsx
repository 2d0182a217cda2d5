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

/** Conversations: open, rename, share, export, delete. */
export function Threads({ threads, current, ask, changed }: Props) {
  const { client } = useDoor();
  const [renaming, setRenaming] = useState("");
  const [title, setTitle] = useState("");
  const [said, say] = useState("");
  const [acting, setActing] = useState("");
  const [link, setLink] = useState<{ thread: Thread; address: string }>();
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
  const saveThread = async (thread: Thread) => saveFile(`${thread.title.slice(0, 60) || thread.id}.md`, await client.markdown(thread.id));
  const share = async (thread: Thread) => {
    const name = await client.share(thread.id);
    setLink({ thread, address: `${location.origin}${location.pathname}#/shared/${name}` });
  };
  const unshare = async (thread: Thread) => {
    await client.unshare(thread.id);
    setLink(undefined);
    say("It is shared no longer.");
  };
  return (
    <nav class="threads" id="threads" aria-label="Conversations">
      <button type="button" onClick={ask}>New question</button>
      <p role="status" class="quiet">{said}</p>
      {link && (
        <section class="sharing" aria-label="Sharing">
          <label>
            Whoever may see all that “{link.thread.title}” cites can read it as it is now:
            <input readOnly value={link.address} ref={(input) => input?.select()} onFocus={(event) => event.currentTarget.select()} />
          </label>
          <button type="button" class="small" onClick={() => void navigator.clipboard?.writeText(link.address).then(() => say("The link is copied."))}>Copy</button>
          <button type="button" class="small" onClick={() => void doing(unshare(link.thread))}>Stop sharing</button>
          <button type="button" class="small" onClick={() => setLink(undefined)}>Done</button>
        </section>
      )}
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
                <a href={`#/threads/${encodeURIComponent(thread.id)}`} title={thread.title} aria-current={thread.id === current ? "page" : undefined}>
                  {thread.title || thread.id}
                </a>
                <button type="button" class="quiet more" title="What to do with it" aria-label={`More for ${thread.title}`} aria-expanded={acting === thread.id}
                  onClick={() => setActing(acting === thread.id ? "" : thread.id)}>⋯</button>
                {acting === thread.id && (
                  <span class="doings">
                    <button type="button" class="small" aria-label={`Rename ${thread.title}`}
                      onClick={() => { setRenaming(thread.id); setTitle(thread.title); }}>Rename</button>
                    <button type="button" class="small" aria-label={`Share ${thread.title}`} onClick={() => void doing(share(thread))}>Share</button>
                    <button type="button" class="small" aria-label={`Save ${thread.title}`} onClick={() => void doing(saveThread(thread))}>Save</button>
                    <button type="button" class="small" aria-label={`Delete ${thread.title}`} onClick={() => void forget(thread)}>Delete</button>
                  </span>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}
