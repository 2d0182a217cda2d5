"""Answers of models as constrained JSON: what is asked for, what can be made of what came, and what a reader sees meanwhile.

Small models forget the numbers of their evidence in prose; a grammar (`format` of Ollama) does not let them. An answer that was
cut, or wrapped in words, is recovered as far as its claims are whole; what holds none is not an answer.
"""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST_CLAIM = 400
"""Characters of one sentence: a small model that finds no end would write until its limit."""
_MOST_CITED = 4


def claims_schema(facts: int, max_sentences: int) -> dict[str, Any]:
    """Return the schema of an answer over `facts` numbered facts: so many sentences, each with numbers that exist."""
    numbers = {"type": "integer", "enum": list(range(1, facts + 1))}
    claim = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "maxLength": LONGEST_CLAIM},
            "evidence": {"type": "array", "items": numbers, "minItems": 1, "maxItems": _MOST_CITED},
        },
        "required": ["text", "evidence"],
    }
    return {
        "type": "object",
        "properties": {
            "claims": {"type": "array", "items": claim, "maxItems": max_sentences},
            "missing": {"type": "string", "maxLength": LONGEST_CLAIM},
        },
        "required": ["claims", "missing"],
    }


_CITED = re.compile(r"\[\d[\d,\s]*\]")
_THINKING = re.compile(r"(?:<|&lt;)think(?:ing)?>.*?(?:(?:<|&lt;)/think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THINKING_MARKS = ("<think", "&lt;think")
"""Of a stream the output filter may have made a tag harmless already."""
_THOUGHT = re.compile(r"(?:<|&lt;)think(?:ing)?>.*?(?:<|&lt;)/think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_TEXT_KEY = re.compile(r'"(?:text|explanation)"\s*:\s*"')
_DECODER = json.JSONDecoder(strict=False)


def without_thinking(text: str) -> str:
    """Return an answer without what the model thought aloud before it."""
    return _THINKING.sub("", text).strip()


def prose_of_claims(answer: str) -> str | None:
    """Return a JSON answer as sentences with their evidence numbers; None when no whole claim is in it.

    Prose without any brace is taken as it is: a host too old for a schema lets a model answer as it likes.
    """
    text = without_thinking(answer)
    if "{" not in text:
        return text if _CITED.search(text) or len(text.split()) > 2 else None
    claims, missing = _claims_in(text)
    sentences = [sentence for claim in claims if (sentence := _sentence(claim))]
    if missing:
        sentences.append(missing)
    return " ".join(sentences) if sentences else None


def _claims_in(text: str) -> tuple[list[dict[str, Any]], str]:
    start = text.find("{")
    try:
        content, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return _whole_claims(text), ""
    if isinstance(content, dict) and isinstance(content.get("claims"), list):
        missing = content.get("missing")
        claims = [claim for claim in content["claims"] if isinstance(claim, dict)]
        return claims, missing.strip() if isinstance(missing, str) else ""
    return _whole_claims(text), ""


def _whole_claims(text: str) -> list[dict[str, Any]]:
    """Return the objects with a text that stand whole in a broken answer, in order."""
    found = []
    at = text.find("{")
    while at >= 0:
        try:
            content, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(content, dict) and isinstance(content.get("text"), str):
            found.append(content)
        at = text.find("{", end)
    return found


def _sentence(claim: dict[str, Any]) -> str:
    text = claim.get("text")
    if not isinstance(text, str) or not text.strip():
        return ""
    text = " ".join(text.split())
    if not text.endswith((".", "!", "?", ":")):
        text += "."
    numbers = claim.get("evidence")
    cited = [number for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
    if _CITED.search(text) or not cited:
        return text
    return f"{text[:-1]} {''.join(f'[{number}]' for number in dict.fromkeys(cited))}{text[-1]}"


class Shown:
    """Reads an answer as it streams and gives what a person may see of it: no thinking, and of JSON its texts one after the other."""

    def __init__(self) -> None:
        self._seen = ""
        self._at = 0
        self._inside = False
        self._is_json: bool | None = None

    def feed(self, piece: str) -> str:
        """Return what `piece` adds."""
        self._seen += piece
        if self._is_json is None and not self._decide():
            return ""
        if not self._is_json:
            text, self._at = self._seen[self._at :], len(self._seen)
            return text
        shown: list[str] = []
        while True:
            if not self._inside:
                opened = _TEXT_KEY.search(self._seen, self._at)
                if opened is None:
                    return "".join(shown)
                self._at, self._inside = opened.end(), True
            text, end = self._read()
            shown.append(text)
            if not end:
                return "".join(shown)
            shown.append(" ")
            self._inside = False

    def _decide(self) -> bool:
        """Pass over thinking at the head, then tell JSON from prose by the first character. False while that cannot be told."""
        head = self._seen.lstrip()
        if any(mark.startswith(head) for mark in _THINKING_MARKS):
            return False
        if head.startswith(_THINKING_MARKS):
            ended = _THOUGHT.match(head)
            if ended is None:
                return False
            self._seen = head = head[ended.end() :].lstrip()
        if not head or ("```".startswith(head[:3]) and len(head) < 3):
            return False
        self._is_json = head.startswith(("{", "[", "```"))
        self._seen = head
        return True

    def _read(self) -> tuple[str, bool]:
        """Return the text from here to the end of the string, or to what has come of it, and whether it has ended."""
        start = at = self._at
        while at < len(self._seen):
            character = self._seen[at]
            if character == '"':
                self._at = at + 1
                return _unescaped(self._seen[start:at]), True
            step = 6 if self._seen[at : at + 2] == "\\u" else 2 if character == "\\" else 1
            if at + step > len(self._seen):
                break
            at += step
        self._at = at
        return _unescaped(self._seen[start:at]), False


def _unescaped(text: str) -> str:
    try:
        found = _DECODER.decode(f'"{text}"')
    except ValueError:
        return text
    return found if isinstance(found, str) else text
