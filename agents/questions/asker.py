"""What a question says of the one who asks, and what it speaks of: language, expertise, the entities by kind."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.questions.names import NameReader, written_names
from agents.turns import Entity

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
_WORD = re.compile(r"[^\W\d_]+")
_ERROR = re.compile(
    r"\b(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Fault|Warning)\b(?::[^\n?\"]{1,160})?"
    r"|\b(?:E[A-Z]{3,}|SIG[A-Z]{3,})\b|\bpanic(?:ked)?\b[^\n?\"]{0,160}|\b(?:fatal|error):[^\n?\"]{1,160}",
)
_QUOTED = re.compile(r"[\"“«]([^\"”»\n]{4,200})[\"”»]")
_VERSION = re.compile(r"(?<![\w.])v?\d+\.\d+(?:\.\d+)*(?:[-+.]?(?:a|b|rc|alpha|beta|dev)[\w.]*)?(?![\w.]*\w)")
_SERVICE = re.compile(r"\b(?:[a-z][a-z0-9]*-)+(?:service|api|server|worker|gateway|db|queue)\b|\bhttps?://[^\s)>\"]+")


def language_of(question: str, words: Mapping[str, frozenset[str]]) -> str:
    """Return the language of a question as a two-letter code: by its script, else by the small words that it uses.

    Args:
        words: by language, words that are frequent in it; English is what is left.
    """
    for language, script in _SCRIPTS:
        if script.search(question):
            return language
    said = [word.lower() for word in _WORD.findall(question)]
    counts = {language: sum(word in known for word in said) for language, known in words.items()}
    most = max(counts.values(), default=0)
    if most == 0 or counts.get("en", 0) == most:
        return "en"
    return min(language for language, count in counts.items() if count == most)


def expertise_of(question: str, newcomer: str) -> str:
    """Return `newcomer` when the question says so, `expert` for a few words full of code, else `regular`."""
    if newcomer and re.search(newcomer, question, re.IGNORECASE):
        return "newcomer"
    pieces = question.split()
    marked = sum(bool(re.search(r"[_.:#/]\w|[a-z][A-Z]|`", piece)) for piece in pieces)
    return "expert" if pieces and len(pieces) <= 8 and 3 * marked >= len(pieces) else "regular"


def entities_in(question: str, names: NameReader) -> list[Entity]:
    """Return what a question speaks of, each once, in order of kind: error texts, versions, services, then names and paths."""
    found: list[Entity] = []
    errors = [match.group(0).strip() for match in _ERROR.finditer(question)]
    errors += [text for text in _QUOTED.findall(question) if " " in text]
    found += [Entity(kind="error", text=text, symbol="") for text in errors]
    found += [Entity(kind="version", text=match.group(0), symbol="") for match in _VERSION.finditer(question)]
    found += [Entity(kind="service", text=match.group(0), symbol="") for match in _SERVICE.finditer(question)]
    for piece in written_names(question):
        named = names.recognise_marked(piece)
        if named is None or named.is_repository or not named.name:
            continue
        is_file = named.symbol is not None and not named.symbol.local_name
        text = piece.strip("`\"'.,:;?!()")
        if any(text in error for error in errors):
            continue
        symbol = named.symbol.id if named.symbol is not None else ""
        found.append(Entity(kind="path" if is_file or "/" in text else "symbol", text=text, symbol=symbol))
    unique: dict[tuple[str, str], Entity] = {}
    for entity in found:
        unique.setdefault((entity["kind"], entity["text"]), entity)
    return list(unique.values())
