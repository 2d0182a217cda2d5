"""Of the uses of a name, those that do what the question says: who *connects* to a signal, where it is *sent*, what *registers* in a phase.

The line of the use tells: an identifier on it has the word of the question as a part (`started.connect(...)` connects), or the relation
is of that sort (a write sets). A use that no line of its own tells apart is not left out; it comes after.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agents.evidence.sight import Sight
from agents.state import SAYS, Evidence
from knowledge.schema import RelationKind, Symbol, SymbolKind
from knowledge.text import parts_of, stem
from models.extractive import asked_words
from tools.places import is_aside

MAX_NAMESAKES = 60
_WORD = re.compile(r"[A-Za-z]{3,}")
_SORTS = {
    RelationKind.READS.value: frozenset({"read", "consult", "check", "access", "evaluate"}),
    RelationKind.WRITES.value: frozenset({"write", "set", "assign", "change", "clear", "reset", "fill"}),
}
_NO_ACT = frozenset(
    stem(word)
    for word in (
        "use", "call", "reference", "mention", "function", "method", "class", "code", "file", "where", "who", "whom", "what", "which", "when", "how",
        "else", "actually", "directly", "ever", "anywhere", "somewhere", "everywhere", "elsewhere", "still", "really",
    )
)  # fmt: skip
"""Words of such a question that say nothing of what is done."""


def by_act(sight: Sight, facts: Sequence[Evidence], symbol: Symbol | None) -> list[Evidence]:
    """Return the uses, those whose line does what the question says first and marked so; as they are where all or none do."""
    wanted = _acts(sight, symbol)
    if symbol is None or not wanted:
        return list(facts)
    said = [_said(sight, fact, wanted) for fact in facts]
    if not any(said) or all(said):
        return list(facts)
    doing: list[Evidence] = [{**fact, "note": f"{SAYS}{word}"} for fact, word in zip(facts, said, strict=True) if word]
    return [*doing, *(fact for fact, word in zip(facts, said, strict=True) if not word)]


def namesakes(sight: Sight, symbol: Symbol) -> list[Symbol]:
    """Return the other functions of the product that bear the name of a symbol: what a hook is tapped by, where plugins are objects.

    The symbol is one of them where it is a method, since that may be such a plugin's.
    """
    found = sight.graph.find(
        sight.scope, symbol.name, kinds=(SymbolKind.FUNCTION, SymbolKind.METHOD), limit=MAX_NAMESAKES
    )
    return [
        one
        for one in found
        if one.name == symbol.name
        and (one.qualified_name != symbol.qualified_name or one.kind is SymbolKind.METHOD)
        and not (one.is_test or is_aside(one.path))
    ]


def does_it(facts: Sequence[Evidence]) -> bool:
    """Tell whether a use among the facts does what the question says."""
    return any(fact["note"].startswith(SAYS) for fact in facts)


def asks_for_an_act(sight: Sight, symbol: Symbol) -> bool:
    """Tell whether the question says what is done with a symbol."""
    return bool(_acts(sight, symbol))


def _acts(sight: Sight, symbol: Symbol | None) -> Mapping[str, str]:
    """Return stem -> word of what the question says is done, without the words of the name itself."""
    own = {stem(part) for part in parts_of(symbol.name)} if symbol is not None else set()
    triage = sight.release.triage
    kinds = re.compile(rf"\b(?:{triage.kinds}|{triage.macros.get('event', '(?!)')})\b", re.IGNORECASE)
    told = _WORD.findall(kinds.sub(" ", re.sub(r"`[^`]*`|\S*[_.:/]\S*", " ", sight.task["query"])).lower())
    irregular = {
        form: base for base, forms in sight.release.remembering.synonyms.items() for form in forms if form != base
    }
    found = {stem(base): base for word in told for base in (irregular.get(word, word),)}
    asked = {term.decode() for term in asked_words(" ".join(found.values()))}
    return {one: word for one, word in found.items() if one in asked and one not in own and one not in _NO_ACT}


def _said(sight: Sight, fact: Evidence, wanted: Mapping[str, str]) -> str:
    """Return the word of the question that the use does, empty for none."""
    kind = fact["relation"]["kind"] if fact["relation"] is not None else ""
    for sort in _SORTS.get(kind, frozenset()):
        if stem(sort) in wanted:
            return wanted[stem(sort)]
    citation = fact["citation"]
    line = sight.text(citation["repository"], citation["path"], citation["start_line"], citation["end_line"])
    on_it = {stem(part) for word in re.findall(r"\w+", line) for part in parts_of(word)}
    return next((word for one, word in wanted.items() if one in on_it), "")
