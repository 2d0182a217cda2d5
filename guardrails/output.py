"""The last filter before an answer is seen: no link that no evidence holds, no image, no HTML, no hidden character, no secret.

A client renders Markdown, and a rendered image is fetched without a click: an address is how injected words carry data away.
So an address leaves only when the evidence, the question or the index has it letter for letter; images never leave as images.
A patch leaves whole or not at all. Reads and returns text; where it comes from and where it goes is the caller's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from guardrails.redaction import find
from guardrails.visible import shown

LINK_GONE = "[link left out]"
IMAGE_GONE = "[image left out]"

_SCHEME = r"(?:[a-z][a-z0-9+.\-]{1,20}://|(?<![\w.])(?:mailto:(?=\S+@)|(?:java|vb)script:(?=\S)|data:(?=[\w.+-]*[/,;])|blob:(?=https?:)))"
_HOST = r"(?<![\w.@/-])www\.(?=[\w-]+\.)"
_LOOSE = r"(?:https?|ftp|wss?)\s?[:\uff1a]\s?[/\\]{0,3}\s?(?=[\w-]{1,60}[.\u3002\uff0e][\w-])|(?<![:\w/])//(?=[\w-]{1,60}(?:\.[\w-]{1,60})*\.[a-z]{2,20}/)|(?<!\\)\\\\(?=[\w-]{1,60}(?:\.[\w-]{1,60})+\\)"
"""A scheme that is written with a blank, without slashes or with wide signs, as browsers and clients still take it; or none before two slashes, or two backward ones."""
_URL = re.compile(
    rf"(?:{_LOOSE}|{_SCHEME}|{_HOST})[^\s<>\"'`\])}}|\\^]*(?:\([^\s<>\"'`)]*\)[^\s<>\"'`\])}}|\\^]*)*", re.IGNORECASE
)
_TRAILING = ".,;:!?*_~"
_IMAGE = re.compile(r"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:\(\s*<?([^)\s>]*)>?(?:\s[^)]*)?\)|\[([^\]\n]*)\])")
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(\s*<?([^)\s>]*)>?(?:\s[^)]*)?\)")
_REFERENCE = re.compile(r"^([ >]{0,12})\[([^\]\n]+)\]:[ \t]*(?:\n[ \t>]*)?<?(\S+?)>?(?:[ \t].*)?$", re.MULTILINE)
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_AUTOLINK = re.compile(r"<([a-z][a-z0-9+.\-]{1,20}:[^\s<>]*)>", re.IGNORECASE)
_FENCE = re.compile(
    r"(^[ >]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ >]*\2[`~]*[ \t]*$|\Z)|(?<!`)(`+)(?!`)(?:[^\n]|\n(?![ >]*\n))+?(?<!`)\3(?!`))",
    re.MULTILINE | re.DOTALL,
)
_ENTITY = re.compile(r"&(?:#x?[0-9a-f]+|colon|sol|lpar|rpar|lsqb|excl|num);", re.IGNORECASE)


@dataclass(slots=True)
class Filtered:
    """A text as it may leave, and how often what was taken from it (`link`, `image`, `secret`, `html`)."""

    text: str
    taken: dict[str, int] = field(default_factory=dict)

    def took(self, kind: str) -> None:
        self.taken[kind] = self.taken.get(kind, 0) + 1


def urls_in(text: str) -> Iterable[str]:
    """Yield the addresses of a text as they are written, without the punctuation that ends a sentence."""
    for match in _URL.finditer(text):
        yield match[0].rstrip(_TRAILING)


def filtered(text: str, known_urls: Collection[str], known_paths: Collection[str] = ()) -> Filtered:
    """Return the Markdown as it may be shown.

    Args:
        known_urls: addresses that the evidence or the question holds, as `urls_in` gives them.
        known_paths: files that the answer cites; a link may lead to one.
    """
    done = Filtered(shown(text))
    pieces: list[str] = []
    at = 0
    for code in _FENCE.finditer(done.text):
        pieces += (
            _prose(done.text[at : code.start()], known_urls, known_paths, done),
            _without_urls(code[0], known_urls, done),
        )
        at = code.end()
    pieces.append(_prose(done.text[at:], known_urls, known_paths, done))
    done.text = _without_secrets("".join(pieces), done)
    return done


def patch_faults(diff: str, known_urls: Collection[str]) -> list[str]:
    """Return why a unified diff may not leave; none when it may. It cannot be mended here: altered, it would not apply.

    What the repository says itself, in lines that stay or go, may hold any address; what is added may hold known ones only.
    """
    kept = [line for line in diff.split("\n") if not line.startswith("+") or line.startswith("+++ ")]
    added = [line[1:] for line in diff.split("\n") if line.startswith("+") and not line.startswith("+++ ")]
    own = {*known_urls, *urls_in("\n".join(kept))}
    faults = []
    if any(not _url_known(url, own) for line in added for url in urls_in(line)):
        faults.append("the patch adds an address that neither question nor evidence holds")  # and is not repeated here
    if any(shown(line) != line for line in added):
        faults.append("the patch adds characters that nobody sees")
    if find(diff.encode("utf-8", "surrogatepass")):
        faults.append("the patch would show a secret or personal data beside the change")
    return faults


def _prose(text: str, known_urls: Collection[str], known_paths: Collection[str], done: Filtered) -> str:
    def image(match: re.Match[str]) -> str:
        done.took("image")
        said = " ".join(match[1].split())
        target = match[2] or ""
        kept = f" (`{target}`)" if _url_known(target, known_urls) else ""
        return f"[image: {said}]{kept}" if said else f"{IMAGE_GONE}{kept}"

    def link(match: re.Match[str]) -> str:
        if _leads_somewhere_known(match[2], known_urls, known_paths):
            return match[0]
        done.took("link")
        return match[1]

    def reference(match: re.Match[str]) -> str:
        if _leads_somewhere_known(match[3], known_urls, known_paths):
            return match[0]
        done.took("link")
        return f"{match[1]}({match[2]}: {LINK_GONE})"

    if not any(sign in text for sign in ("<", "[", ":", "\uff1a", "//", "\\\\", "www.", "&")):
        return text
    text = _ENTITY.sub(lambda found: found[0].replace("&", "&amp;"), text)
    text = _IMAGE.sub(image, text)
    text = _REFERENCE.sub(reference, text)
    text = _LINK.sub(link, text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _without_urls(text, known_urls, done)
    return _TAG.sub("&lt;", text)


def _without_urls(text: str, known_urls: Collection[str], done: Filtered) -> str:
    def url(match: re.Match[str]) -> str:
        bare = match[0].rstrip(_TRAILING)
        if _url_known(bare, known_urls):
            return match[0]
        done.took("link")
        return LINK_GONE + match[0][len(bare) :]

    return _URL.sub(url, text) if any(sign in text.lower() for sign in (":", "\uff1a", "//", "\\\\", "www.")) else text


def _url_known(url: str, known_urls: Collection[str]) -> bool:
    return bool(url) and url.rstrip(_TRAILING) in known_urls


def _leads_somewhere_known(target: str, known_urls: Collection[str], known_paths: Collection[str]) -> bool:
    if _url_known(target, known_urls):
        return True
    path = target.partition("#")[0].removeprefix("./")
    path = re.sub(r":\d+(?:-\d+)?$", "", path)
    return target.startswith("#") or (bool(path) and path in known_paths)


def _without_secrets(text: str, done: Filtered) -> str:
    encoded = text.encode("utf-8", "surrogatepass")
    spans = find(encoded)
    if not spans:
        return text
    pieces: list[bytes] = []
    at = 0
    for start, end, _ in spans:
        done.took("secret")
        pieces += (encoded[at:start], b"*" * min(end - start, 8))
        at = end
    return b"".join([*pieces, encoded[at:]]).decode("utf-8", "replace")
