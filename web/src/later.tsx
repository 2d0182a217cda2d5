import type { ComponentType } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Me } from "./shapes";

interface Props<P> {
  /** Who asks, once that is known. */
  me: Me | undefined;
  right: "admin" | "connect";
  /** For whom these pages are. */
  whose: string;
  load: () => Promise<{ default: ComponentType<P> }>;
  props: P;
}

/** Pages that are loaded when somebody who may see them opens one; who may not is told whom to ask. */
export function Later<P extends object>({ me, right, whose, load, props }: Props<P>) {
  const [Pages, setPages] = useState<ComponentType<P>>();
  const may = me?.[right] ?? false;
  useLayoutEffect(() => {
    if (may) void load().then((module) => setPages(() => module.default));
  }, [may]);
  if (Pages) return <Pages {...props} />;
  return (
    <main class="page" id="main" tabIndex={-1}>
      {me && !may ? (
        <>
          <h1>These pages are for {whose}</h1>
          <p>You come in as {me.name || me.id || "somebody"}, who may {me.rights.join(", ") || "nothing"} here. Ask one of those who look after this server, or come in with a key that has the right <code>{right}</code>.</p>
          <p><a href="#/">Ask a question instead</a></p>
        </>
      ) : (
        <p class="quiet" role="status">Reading…</p>
      )}
    </main>
  );
}
