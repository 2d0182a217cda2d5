import { render } from "preact";
import { App } from "./app";
import "./theme.css";
import "./chat.css";
import "./style.css";

render(<App />, document.getElementById("app")!);
