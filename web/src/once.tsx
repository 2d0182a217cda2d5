import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import "./forms.css";

/** A secret that is shown once: to be copied, then put away. */
export function Once({ label, value, done, children }: { label: string; value: string; done: () => void; children: ComponentChildren }) {
  const [copied, setCopied] = useState("");
  return (
    <section class="once" role="alert">
      <p>{children}</p>
      <input readOnly aria-label={label} value={value} onFocus={(event) => event.currentTarget.select()} />
      <div class="inline">
        <button type="button" onClick={() => void navigator.clipboard?.writeText(value).then(() => setCopied("Copied"))}>{copied || "Copy"}</button>
        <button type="button" onClick={done}>I have kept it</button>
      </div>
    </section>
  );
}
