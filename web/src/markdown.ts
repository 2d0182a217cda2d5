// Answers as safe HTML: no raw HTML, no images, no links beyond the page; citations become buttons (spans, which wrap as words do) that open the lines.
import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";
import { placeOf } from "./places";

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.disable("image");
markdown.renderer.rules.code_inline = (tokens, index) => {
  const text = tokens[index]!.content;
  const shown = markdown.utils.escapeHtml(text);
  return placeOf(text)
    ? `<span role="button" tabindex="0" class="place" data-place="${shown}">${shown}</span>`
    : `<code>${shown}</code>`;
};
markdown.renderer.rules.link_open = (tokens, index) => `<span class="link" title="${markdown.utils.escapeHtml(String(tokens[index]!.attrGet("href") ?? ""))}">`;
markdown.renderer.rules.link_close = () => "</span>";
markdown.renderer.rules.fence = (tokens, index) => {
  const token = tokens[index]!;
  return `<pre><code data-language="${markdown.utils.escapeHtml(token.info.trim())}">${markdown.utils.escapeHtml(token.content)}</code></pre>`;
};

const ALLOWED = {
  ALLOWED_TAGS: [
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "button", "span",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
  ],
  ALLOWED_ATTR: ["class", "type", "title", "start", "role", "tabindex", "data-place", "data-language"],
};

export function asHtml(text: string): string {
  return DOMPurify.sanitize(markdown.render(text), ALLOWED);
}
