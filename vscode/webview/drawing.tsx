// The panel of drawings: the page's views of a symbol, in the colours of the editor's theme.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { DoorProvider } from "../../web/src/door";
import { Impact } from "../../web/src/impact";
import { Symbol } from "../../web/src/symbol";
import { door, port } from "./editor";
import "../../web/src/theme.css";
import "../../web/src/chat.css";
import "../../web/src/style.css";
import "./sidebar.css";

type Shown = { symbol: string; view: "near" | "impact" };

function Panel() {
  const [shown, setShown] = useState<Shown>();
  useEffect(() => {
    port.listen((message) => message.type === "drawing" && setShown(message));
    port.post({ type: "ready" });
  }, []);
  if (!shown) return null;
  return (
    <div onClickCapture={follow}>
      {shown.view === "near" ? <Symbol key={`near ${shown.symbol}`} id={shown.symbol} /> : <Impact key={`impact ${shown.symbol}`} id={shown.symbol} />}
    </div>
  );
}

/** The page's own links name another view of a symbol. */
function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest("a")?.getAttribute("href") ?? "";
  const [, view, symbol] = /^#\/(symbols|impact)\/(.+)$/.exec(link) ?? [];
  if (!symbol) return;
  event.preventDefault();
  event.stopPropagation();
  door.show(decodeURIComponent(symbol), view === "impact" ? "impact" : "near");
}

render(
  <DoorProvider value={door}>
    <Panel />
  </DoorProvider>,
  document.getElementById("app")!,
);
