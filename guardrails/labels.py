"""Labels on evidence that speaks to a language model instead of to a reader. A label tells; it stops nothing.

What keeps injected words without effect is structure (marks, read-only tools, a plan made before, the output filter):
see docs/guardrails.md. Whoever reads the answer should still know that a file tries.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.visible import dropped, hidden_in, shown
from knowledge.evidence import Finding

GATE = "injection"

_I = re.IGNORECASE
_ABOVE = r"(?:previous|prior|above|earlier|preceding|former|other|existing|original|initial|system|your|all|any|these|those|the)"
_ORDERS = r"(?:instructions?|prompts?|rules?|directions?|guidelines?|orders?|commands?|context|constraints?|guardrails?|polic(?:y|ies))"
_NAMED = r"(?:AI|A\.I\.|LLMs?|(?:large )?language models?|(?:coding |code |AI )?assistants?|chat ?bots?|GPT(?:-\d)?|ChatGPT|copilot|claude|gemini|llama|clew)"
_WHO = rf"(?:{_NAMED}|AI agents?|(?:coding|code) agents?|AI models?)"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One way to speak to a model. words: in lower case, one of them stands in every match; a text without them is not searched."""

    kind: str
    words: tuple[str, ...]
    expression: re.Pattern[str]


_PATTERNS = (
    _Pattern(
        "override",
        ("ignor", "disregard", "forget", "overrid", "bypass", "discard", "not follow", "n't follow", "stop following"),
        re.compile(
            rf"\b(?:ignore|disregard|forget|do not follow|don't follow|stop following)\b[^.:;\n]{{0,30}}\b{_ABOVE}\b[^.:;\n]{{0,30}}\b{_ORDERS}\b"
            rf"|\b(?:override|bypass|discard)\b[^.\n]{{0,20}}\b(?:previous|prior|earlier|existing|original|initial|system|your|safety)\b[^.\n]{{0,20}}\b{_ORDERS}\b"
            r"|\bignor(?:iere|ez|a|e|are)\b[^.\n]{0,40}\b(?:anweisungen|instructions|instrucciones|istruzioni|instruções)\b",
            _I,
        ),
    ),
    _Pattern(
        "override",
        ("new ", "updated ", "real ", "actual ", "revised "),
        re.compile(rf"\b(?:new|updated|real|actual|revised) (?:system )?{_ORDERS}\s*[:=]\s*\w+\s+\w", _I),
    ),
    _Pattern(
        "address",
        ("ai", "llm", "model", "assistant", "bot", "gpt", "copilot", "claude", "gemini", "llama", "clew", "agent"),
        re.compile(
            rf"\b(?:note|message|instructions?|attention|important|warning|reminder|hint|notice|request)\b[^.\n]{{0,12}}\b(?:to|for)\b[^.\n]{{0,20}}\b{_WHO}\b"
            rf"|^\W*(?:(?:dear|hey|hello|hi|todo|attention|note)\W+)?(?:all )?{_NAMED}\s*[:,]\s*\w+\s+\w|\bif you(?:'re| are)\s+(?:an? |the )?{_WHO}\b"
            rf"|\bas an? {_WHO}, (?:you|please|always|do)\b|\b{_WHO} (?:reading|that reads?|who reads?|processing|summari[sz]ing|analy[sz]ing|reviewing) (?:this|the)\b",
            _I | re.MULTILINE,
        ),
    ),
    _Pattern(
        "address",
        ("you are", "you're", "act as", "pretend to be", "roleplay as", "behave as"),
        re.compile(
            r"\b(?:you are|you're|act as|pretend to be|roleplay as|behave as)\b\s+(?:now\s+)?(?:an? |the )?"
            rf"(?:[\w-]+ )?(?:{_WHO}|DAN\b|unrestricted\b|jailbroken\b|developer mode\b)",
            _I,
        ),
    ),
    _Pattern(
        "role_mark",
        ("<|", "inst]", "<<sys", "<</sys", "_of_turn", "system", "assistant", "human", "developer", "instruction"),
        re.compile(
            r"<\|[\w ]{1,40}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|^\W{0,6}(?:system|assistant|human|developer)\s*(?:message|prompt|note)?\s*:\s*\w[\w']*(?:\s+[\w'`]+){2}"
            r"|^#{2,}\s*(?:system|instructions?|assistant)\s*:",
            _I | re.MULTILINE,
        ),
    ),
    _Pattern(
        "prompt_extraction",
        ("prompt", "your instructions", "your rules", "your configuration", "private mark", "canary", "above"),
        re.compile(
            r"\b(?:print|reveal|repeat|show|output|leak|disclose|expose|reproduce|recite|quote|write out|tell (?:me|us|them)|what (?:is|are|was|were))\b[^.\n]{0,40}"
            r"\b(?:system prompt|hidden prompt|initial prompt|your (?:prompt|instructions|rules|configuration)|private mark|canary|(?:text|words|everything) above)\b",
            _I,
        ),
    ),
    _Pattern(
        "false_mark",
        ("evidence", "example", "candidate", "question", "proves", "must be cited"),
        re.compile(
            r"<\s*/?\s*(?:evidence|candidate)\b[^>\n]{0,80}>|<\s*/\s*(?:example|question)\b[^>\n]{0,80}>|\[\d{1,3}\]\s*(?:proves|is the only|must be cited)|\bend of (?:the )?evidence\b",
            _I,
        ),
    ),
    _Pattern(
        "tool_call",
        ("tool", "function_call", "functioncall", "invoke", "must", "should", "need to", "have to", "has to", "please"),
        re.compile(
            r"<\s*/?\s*(?:tool_?call|function_?call|invoke|tool_use)\b|\"(?:tool_calls?|function_call)\"\s*:|\b(?:call|use|invoke) the (?:\w+ )?tool\b"
            rf"|\b{_WHO}\b[^.\n]{{0,30}}\b(?:must|should|shall|need to|needs to|has to|have to|please)\b[^.\n]{{0,30}}\b(?:run|execute|delete|write|call|fetch|open|send|upload|post|curl)\b",
            _I,
        ),
    ),
    _Pattern(
        "exfiltration",
        ("://",),
        re.compile(
            r"!\[[^\]\n]{0,80}\]\(\s*https?://[^)\s]{0,300}[?&/=](?:[^)\s]{0,200}[{<\[%$]|[^)\s]{0,200}=\s*\))|<img\b[^>\n]{0,200}https?://[^>\n]{0,200}[?&][\w-]+=[{$<%]"
            r"|\b(?:append|add|include|put|embed|render|insert|show)\b[^.\n]{0,40}\b(?:image|link|url|pixel|markdown|picture)\b[^.\n]{0,80}https?://",
            _I,
        ),
    ),
)  # fmt: skip
_SAYS = {
    "override": "tells a model to ignore its instructions",
    "address": "speaks to assistants",
    "role_mark": "poses as a message of a chat",
    "prompt_extraction": "asks a model for its prompt",
    "false_mark": "imitates the marks of evidence",
    "tool_call": "tells a model to act",
    "exfiltration": "asks for a link that carries data away",
    "hidden_text": "holds characters that no reader sees",
    "encoded": "speaks to assistants in an encoded form",
}
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{24,4000}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{2}(?:[ :]?[0-9a-f]{2}){15,2000}(?![0-9A-Za-z])", _I)
_MOST_SCANNED = 40_000
_HIDDEN = 3
"""From so many hidden characters on: one byte order mark or soft hyphen is an accident."""


@dataclass(frozen=True, slots=True)
class Label:
    """A line (from 1, within the text) that speaks to a model, and how."""

    kind: str
    line: int


def labels_in(text: str) -> list[Label]:
    """Return the first line of each kind in a text; nothing after the first 40,000 characters is read."""
    read = text[:_MOST_SCANNED]
    found: dict[str, int] = {}
    if hidden_in(read) >= _HIDDEN:
        found["hidden_text"] = next(n for n, line in enumerate(read.split("\n"), 1) if hidden_in(line))
    bare = dropped(read)
    for kind, at in _matches(bare):
        found.setdefault(kind, bare.count("\n", 0, at) + 1)
    for at, decoded in _decoded(bare):
        if any(True for _ in _matches(decoded)):
            found.setdefault("encoded", bare.count("\n", 0, at) + 1)
            break
    if (smuggled := _tagged(read)) and any(True for _ in _matches(smuggled)):
        found.setdefault("hidden_text", 1)
    return [Label(kind, line) for kind, line in found.items()]


def findings_in(text: str, path: str, first_line: int) -> list[Finding]:
    """Return a finding a label of a text that stands at `path` from `first_line` on."""
    return [
        Finding(
            gate=GATE,
            kind=label.kind,
            severity="warning",
            message=f"text at {shown(path)}:{first_line + label.line - 1} {_SAYS[label.kind]}",
            confidence=0.7,
            action="annotate",
            path=path,
            line=first_line + label.line - 1,
        )
        for label in labels_in(text)
    ]


def _matches(text: str) -> Iterator[tuple[str, int]]:
    lowered = text.lower() if text.isascii() else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    for pattern in _PATTERNS:
        for start, end in _lines_with(lowered, pattern.words):
            if match := pattern.expression.search(text, start, end):
                yield pattern.kind, match.start()
                break


def _lines_with(lowered: str, words: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return where the lines begin and end that hold one of the words, in order."""
    lines: set[tuple[int, int]] = set()
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            end = lowered.find("\n", at)
            end = len(lowered) if end < 0 else end
            lines.add((lowered.rfind("\n", 0, at) + 1, end))
            at = lowered.find(word, end)
    return sorted(lines)


def _decoded(text: str) -> Iterator[tuple[int, str]]:
    """Yield what encoded stretches say, where that is text."""
    for match in _BASE64.finditer(text):
        raw = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield match.start(), base64.b64decode(raw + "=" * (-len(raw) % 4)).decode()
        except (binascii.Error, ValueError):
            continue
    for match in _HEX.finditer(text):
        try:
            yield match.start(), bytes.fromhex(re.sub(r"[ :]", "", match[0])).decode()
        except ValueError:
            continue


def _tagged(text: str) -> str:
    """Return what is written in tag characters, which mirror ASCII out of sight."""
    return "".join(chr(ord(c) - 0xE0000) for c in text if 0xE0020 <= ord(c) <= 0xE007E)
