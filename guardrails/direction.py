"""Which of two names a sentence lets act on the other, by its grammar: voice, prepositions, relative clauses, nouns of a role.

Verbs are open: one that nobody thought of is read by its form. What is listed (`configs.reading.Roles`) are closed classes: prepositions,
nouns that say what one is to another (`caller`, `base class`), nouns of an act (`call`, `use`) and the few verbs whose subject
is what is acted on (`belongs to`). Pure text: nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from configs.reading import Roles

_DROPPED = re.compile(r"^(?:C\d+|NOT|[a-z]+ly)$")
_AUXILIARY = frozenset((
    "is", "are", "be", "been", "being", "gets", "get", "becomes", "become", "remains", "stays",
))  # fmt: skip
_COPULAS = _AUXILIARY | {"as", "namely", "such", "like", ":", ",", "=", "named", "called"}
_RELATIVES = frozenset({"that", "which", "whom", "what", "where", "who"})
_HOLDS = frozenset((
    "has", "have", "with", "having", "gets", "get", "takes", "take", "lists", "list", "counts", "count", "knows",
    "know", "names", "finds", "find", "sees", "see", "shows", "show", "needs",
))  # fmt: skip
_TAKES = frozenset({"gets", "get", "takes", "take"})
_INGOING = frozenset({"in", "inside", "within", "from", "during", "by", "out", "throughout", "at", "under"})
"""Prepositions before the one that acts: `is called by N1`, `a call from N1`, `in N1`."""
_OUTGOING = frozenset({"to", "of", "into", "on", "onto", "upon", "towards", "toward", "against", "with"})
"""Prepositions before the one that is acted on: `a call to N1`, `depends on N1`."""
_OVER = frozenset({"via", "through", "over", "across"})
_SERVING = frozenset({"for", "behalf"})
_WHILE = frozenset((
    "when", "whenever", "while", "once", "if", "as", "during", "after", "before", "since", "because", "until",
))  # fmt: skip
_SAYING = frozenset((
    "show", "shows", "mean", "means", "ensure", "ensures", "see", "sees", "note", "notes", "say", "says", "imply",
    "implies", "confirm", "confirms", "guarantee", "guarantees", "know", "sure", "so", "such", "fact", "indicate",
    "indicates", "reveal", "reveals", "prove", "proves", "suggest", "suggests", "tell", "tells", "find", "finds",
))  # fmt: skip
"""What a clause with `that` depends on, which is no relative one then."""
_TOOLS = frozenset({"with", "using", "via", "through", "without", "by", "thanks", "for"})
_ARROWS = {
    "→": True,
    "->": True,
    "=>": True,
    "⟶": True,
    "-->": True,
    ">": True,
    "←": False,
    "<": False,
    "<-": False,
    "<=": False,
}
_COMPOUND = tuple(
    (re.compile(rf"\b(?:{told})\b"), plain)
    for told, plain in (
        (
            "in terms of|on top of|in place of|instead of|in favou?r of|in front of|in line with|by reference to|thanks to",
            "upon",
        ),
        ("(?:each|every|any) time", "whenever"),
        ("by means of|by way of|with (?:the )?help of|by use of", "via"),
        ("as (?:a )?(?:part|consequence|result) of|in (?:the )?course of", "during"),
    )
)
_PLAIN = frozenset((
    "one", "two", "of", "the", "and", "or", "other", "own", "functions", "function", "methods", "method", "helpers",
    "helper", "things", "thing", "ones", "places", "place", "part", "pieces", "piece", "following", "among", "there",
    "it", "they", "also", "same", "both", "all", "only", "own", "first", "second", "last", "next", "new", "this",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Words:
    """The words round two names: before the first one, between them, and behind the second one."""

    before: tuple[str, ...]
    between: tuple[str, ...]
    after: tuple[str, ...]


def acts_forward(before: str, between: str, after: str, roles: Roles, *, is_descent: bool = False) -> bool | None:
    """Tell whether the first of two names acts on the second one (True), the second on the first (False), or cannot be told (None).

    Args:
        before, between, after: the sentence in plain form, without the two names.
        is_descent: what is related are a class and its base, or a method and the one it overrides: `from` then leads to what is above.
    """
    words = _Words(_told(before, roles), _told(between, roles), _told(after, roles))
    if is_descent and words.between in (("<",), (">",)):
        return words.between == ("<",)
    if is_descent and words.between[-1:] in (("in",), ("inside",), ("within",)) and words.between[:1] != ("in",):
        return False
    if is_descent and words.between[-1:] == ("from",) and not _event_at_end(words.between, roles) is not None:
        return True
    for rule in _RULES:
        found = rule(words, roles)
        if found is not None:
            return found
    return None


def _told(text: str, roles: Roles) -> tuple[str, ...]:
    """Return the words that matter, prepositions of several words as one: `in terms of`, `on this line of`."""
    for told, plain in _COMPOUND:
        text = told.sub(plain, text)
    words = [word for word in text.split() if not _DROPPED.match(word)]
    kept: list[str] = []
    for word in words:
        if word == "of" and len(kept) > 1 and kept[-2] in (_INGOING | {"on"}) and not _is_named_role(kept[-1], roles):
            place = kept[-2] if kept[-2] in _INGOING else "in"
            kept[-2:] = [place]
        else:
            kept.append(word)
    return tuple(kept)


def _is_named_role(word: str, roles: Roles) -> bool:
    return word in roles.doers or word in roles.receivers or word in roles.events or word in ("one", "behalf")


def _by_arrow(words: _Words, _roles: Roles) -> bool | None:
    return next((_ARROWS[word] for word in words.between if word in _ARROWS), None)


def _by_role_behind(words: _Words, roles: Roles) -> bool | None:
    """`X has Y among its callers`, `X is Y s base class`."""
    after = words.after[:6]
    if after and after[0] in ("as", "among", "amongst", "for"):
        role = _role_in(after[1:], roles)
        if role is not None and _verb_of(words.between) is not None:
            return not role
    if after and after[0] == "s" and _is_copular(words.between):
        return _role_in(after[1:], roles)
    if after and words.between and words.between[0] in _AUXILIARY - _TAKES and _is_copular(words.between):
        return _role_at_end(after[:1], roles)
    return None


def _by_role_before(words: _Words, roles: Roles) -> bool | None:
    """`the callers of X are Y`, `X s base class is Y`."""
    role, rest = None, words.between
    if words.before and words.before[-1] in ("of", "for", "to", "on"):
        role = _role_at_end(words.before[:-1], roles)
    if words.between[:1] == ("s",):
        for at in range(1, min(len(words.between), 5)):
            if (role := _role_at_end(words.between[: at + 1], roles)) is not None:
                rest = words.between[at + 1 :]
                break
    return None if role is None or not _is_copular(rest) else not role


def _by_role_between(words: _Words, roles: Roles) -> bool | None:
    """`X is a caller of Y`, `X has the base class Y`, `X has a caller in Y`."""
    between = words.between
    if not between:
        return None
    holds = (
        between[0] in _HOLDS
        and (role := _role_at_end(_without_end(between, ("in", "named", "called", ":", ",", "like")), roles))
        is not None
    )
    if holds:
        return not role
    if between[-1] in ("of", "for", "to", "on", "in"):
        role = _role_at_end(between[:-1], roles)
        fronted = bool(words.before) and words.before[-1] in _INGOING
        if role is not None and not fronted and _is_predicated(between[:-1]):
            return role
    return None


def _by_event(words: _Words, roles: Roles) -> bool | None:
    """`X makes a call to Y`, `the call to X is made in Y`."""
    told = _event_at_end(words.between, roles)
    if told is not None:
        return told
    told = _event_at_end(words.before, roles)
    if told is None:
        return None
    if told:
        return bool(_acts(words.between, roles))
    return True


def _by_gap(words: _Words, roles: Roles) -> bool | None:
    """`what is called by X: Y`, `the functions that call X are Y`, `X is what Y calls`."""
    before, between, after = words.before, words.between, words.after
    if before and before[-1] in _INGOING and (not between or between[-1] in (",", "that")) and _is_passive(after):
        return True
    if _is_copular(between, is_linked=True) and before:
        head = _without_end(before, ("on", "from", "to", "upon", "into", "of", "over"))
        if before[-1] in _INGOING and len(before) > 1 and _is_participle(before[-2]):
            return True
        if head and head[-1].endswith("ing") and len(head[-1]) > 5:
            return False
        if len(head) > 1 and any(word in _RELATIVES or word == "to" for word in head[-3:-1]):
            return False
        if len(head) > 1 and _looks_verbal(head[-1]) and not _is_named_role(head[-1], roles):
            return False
    if not between:
        return None
    if between[-1] in _RELATIVES:
        stranded = len(after) > 2 and _is_passive(after[:3]) and any(word in _INGOING for word in after[2:4])
        before_it = between[-2] if len(between) > 1 else ""
        if stranded or (before_it in _INGOING and (before_it != "from" or _is_passive(after))):
            return not (stranded and _is_participle(after[1]) and after[1] in roles.sources)
        if between[-1] == "where":
            return _is_passive(after)
        if before_it in _SAYING:
            return True if _is_passive(after) else None
        return between[-1] == "what" and _verb_of(between) is not None
    if between[0] in _AUXILIARY and all(word in _PLAIN or word in _COPULAS for word in between) and after:
        if len(after) > 2 and _is_passive(after[:2]) and after[2] in _INGOING:
            return after[1] not in roles.sources
        if _looks_verbal(after[0]) and after[0] != "s":
            return False
    return None


def _by_voice(words: _Words, roles: Roles) -> bool | None:
    """`X is used by Y`, `X, called in Y`, `X is needed for Y`, `X is based on Y`."""
    between = words.between
    at = next(
        (at for at, word in enumerate(between) if _is_participle(word) and (at == 0 or between[at - 1] not in _HOLDS)),
        None,
    )
    passive = at is not None and (
        at == 0 or between[at - 1] in (",", ":", "as") or any(word in _AUXILIARY for word in between[:at])
    )
    if not passive or at is None:
        return None
    verb, tail = between[at], between[at + 1 :]
    if any(word.endswith("ing") and word != "during" for word in tail) or any(
        word == "to" and after not in _INGOING and after not in _OUTGOING for word, after in pairwise(tail)
    ):
        return True
    if tail and tail[-1] == "by" and any(verb.startswith(one.rstrip("s")) for one in roles.serving):
        return True
    if verb in roles.sources and tail and tail[-1] in ("from", "of", "out"):
        return True
    if not tail or tail[-1] in ("by",):
        return False
    if (verb in roles.placed and tail[-1] == "on") or (tail[-1] in ("to", "on") and set(tail) & roles.placed):
        return False
    return not any(word in _INGOING or word in _SERVING or word == "into" or word in _WHILE for word in tail)


def _by_place(words: _Words, roles: Roles) -> bool | None:
    """`X appears in Y`, `X belongs to Y`, `X is inside Y`, `X works for Y`."""
    between = words.between
    verb = _verb_of(between)
    last = between[-1] if between else ""
    if last.endswith("ing") and last != "during":
        return None
    if verb in roles.arising and any(
        word in _INGOING or word in ("into", "between", "of", "among") for word in between
    ):
        return False
    if (
        verb in roles.serving
        or (verb in roles.giving and words.after[:1] == ("with",))
        or (verb in ("returns", "return") and last == "to")
    ):
        return False
    if last in _WHILE and last != "as":
        return False
    if last in _SERVING and verb not in roles.seeking:
        return False
    if last == "of" and "behalf" in between:
        return False
    if between and between[0] in _AUXILIARY and (last in _INGOING or last in _SERVING):
        return False
    return None


def _by_order(words: _Words, roles: Roles) -> bool | None:
    """`in X, Y is called`, `from X to Y`, and the order of words: subject, verb, object."""
    before, between, after = words.before, words.between, words.after
    head = before[-1] if before else ""
    bare = tuple(word for word in between if word not in (",", ":"))
    if head == "from" and bare and bare[0] in (*_OUTGOING, *_OVER):
        return True
    if head == "by" and bare and bare[0] in _OUTGOING:
        return True
    if head in ("to", "into", "of", "on") and bare and bare[0] in _INGOING:
        return False
    if not bare or (between[-1] == "," and set(before) & _WHILE):
        if set(before[-4:]) & (_INGOING | _WHILE) and not (head == "by" or (len(before) > 1 and before[-2] == "by")):
            return True if _is_passive(after) or head in _INGOING else None
        if set(before[-3:]) & _TOOLS:
            return None if _is_passive(after) else False
        return None
    if [word for word in bare if word not in _AUXILIARY] in ([one] for one in (*_INGOING, *_OVER)):
        return False
    if len(bare) == 1 and bare[0] == "of":
        return False
    verb = _verb_of(between)
    is_open = (verb in roles.taking and bare[-1] == "from") or (verb in roles.arising and bare[-1] not in _OUTGOING)
    return None if verb is None or is_open else True


_RULES = (
    _by_arrow,
    _by_role_behind,
    _by_role_before,
    _by_role_between,
    _by_gap,
    _by_event,
    _by_voice,
    _by_place,
    _by_order,
)


def _role_at_end(words: Sequence[str], roles: Roles) -> bool | None:
    """Return whether the noun at the end is of one who acts (True) or of what is acted on (False)."""
    for size in (1, 2):
        told = " ".join(words[-size:])
        if told in roles.doers:
            return True
        if told in roles.receivers:
            return False
    return None


def _role_in(words: Sequence[str], roles: Roles) -> bool | None:
    for at in range(1, len(words) + 1):
        if words[at - 1] in (",", ";", ".", ":") or re.match(r"N\d", words[at - 1]):
            return None
        if (role := _role_at_end(words[:at], roles)) is not None:
            return role
    return None


def _event_at_end(words: Sequence[str], roles: Roles) -> bool | None:
    """Return whether what follows is acted on (True) or acts (False) in the act that the last words name: `call to`, `use in`."""
    if not words or words[-1] not in (_OUTGOING | _INGOING | {"for"}):
        return None
    near = words[-4:-1]
    if not any(word in roles.events for word in near):
        return None
    at = max(at for at, word in enumerate(near) if word in roles.events)
    if any(word in (",", ":") or (word in _AUXILIARY and words[-1] in _OUTGOING) for word in near[at + 1 :]):
        return None
    return words[-1] not in _INGOING


def _is_copular(words: Sequence[str], is_linked: bool = False) -> bool:
    """Tell whether words only link two names: `is`, `, namely`, `are for instance`."""
    if is_linked and not words:
        return False
    return all(word in _COPULAS or word in _PLAIN or word in ("include", "includes") for word in words)


def _is_predicated(words: Sequence[str]) -> bool:
    """Tell whether a noun is said of what stands before: `is one of the`, `serves as`, `, a`."""
    return (
        words[0] in _AUXILIARY
        or words[0] in (",", ":")
        or "as" in words
        or "among" in words
        or (len(words) <= 2 and not words[0].endswith("s"))
    )


def _is_passive(words: Sequence[str]) -> bool:
    near = words[:5]
    at = next((at for at, word in enumerate(near) if word in _AUXILIARY), None)
    return at is not None and any(_is_participle(word) for word in near[at + 1 : at + 3])


def _acts(between: Sequence[str], roles: Roles) -> bool:
    """Tell whether there is an active verb with an object right before the second name."""
    if not between or between[-1] in _INGOING or any(word in _AUXILIARY for word in between):
        return False
    verb = _verb_of(between)
    return verb is not None and verb not in roles.arising


def _verb_of(words: Sequence[str]) -> str | None:
    """Return the first word that may be a verb: what belongs to no closed class."""
    closed = (_INGOING, _OUTGOING, _OVER, _SERVING, _WHILE, _RELATIVES, _PLAIN, _COPULAS)
    if words and words[0] in _TAKES:
        return words[0]
    return next((word for word in words if re.match(r"[a-z]", word) and not any(word in some for some in closed)), None)


def _looks_verbal(word: str) -> bool:
    return re.fullmatch(r"[a-z]+s", word) is not None and word not in _PLAIN and word not in _AUXILIARY


def _is_participle(word: str) -> bool:
    return (
        re.fullmatch(r"[a-z]{2,}(?:ed|wn|[bcdfgklmnprstvz]en|ught|elt|ept|ilt|ent)", word) is not None
        or word in _IRREGULAR
    )


_IRREGULAR = frozenset((
    "read", "set", "put", "run", "made", "done", "held", "found", "left", "met", "led", "fed", "kept", "sent", "hit",
    "cut", "begun", "gone", "seen", "won", "bound", "wound", "told", "sold", "called",
))  # fmt: skip


def _without_end(words: Sequence[str], ends: Sequence[str]) -> Sequence[str]:
    while words and words[-1] in ends:
        words = words[:-1]
    return words
