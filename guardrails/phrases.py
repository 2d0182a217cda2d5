"""A sentence in plain form: what it names, which values and numbers it gives, and its words without what changes nothing.

Pure text: nothing is looked up. See `configs.reading` for what the plain form is good for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from configs.reading import Reading
from guardrails.reading import without_citations

_TICKED = re.compile(r"(`+)(?!`)\s?(.+?)\s?(?<!`)\1(?!`)", re.DOTALL)
_NAME = re.compile(r"^~?[A-Za-z_$@][\w$]*(?:(?:\.|::|->|#|/)~?[\w$]+)*(?:\(\))?$")
_FILE = re.compile(r"^(?:[\w@+~.-]+/)+[\w@+~.-]+$|^[\w@+~-][\w@+~.-]*\.[A-Za-z]\w{0,9}$")
_PAIR = re.compile(r"^([A-Za-z_]\w*)\s*=\s*([^=\s].*)$", re.DOTALL)
_BARE = re.compile(
    r"(?<![\w`./])(?:[A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)*\(\)|[A-Z]\w+(?:\.[A-Za-z_]\w*)+|[A-Za-z]\w*_\w+|_\w+|[a-z]+[A-Z]\w+|[A-Z][a-z0-9]+[A-Z]\w+)(?![\w`/])"
)
_NUMBER = re.compile(r"(?<![\w.`/-])\d+(?:[.,]\d+)*(?![\w`]|[./]\d)")
LONGEST_NUMBER = 18
"""Characters of what is read as a number: a longer one counts nothing and is compared as it is written."""
_QUOTED = re.compile(r"[\"“]([^\"”“\n]{4,200})[\"”]")
_CONTRACTED = re.compile(r"\b(\w+)n['’]t\b")
_OF_ALL = re.compile(
    r"\b(every|each|all) (?:of the )?(?:methods?|functions?|members?|subclass(?:es)?|classes) (?:of|in|on) (?:the )?(?:class )?N\d"
)
_NAMED = re.compile(r"N\d+$")
_CITATION_MARK = "\x01"
_PRESENT = {
    "was": "is",
    "were": "are",
    "has been": "is",
    "have been": "are",
    "had been": "is",
    "gets": "is",
    "get": "are",
    "got": "is",
}
_TENSES = re.compile(
    r"\b(?:was|were|(?:has|have|had) been|gets?|got)\b(?= (?:[a-z]+ly )?(?:not |never )?[a-z]+(?:ed|en|wn|un|ght)\b)|\b(?:was|were)\b"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """plain: the sentence in plain form; names, literals and numbers are what `N0`, `L0` and `V0` stand for; digits: the
    numbers that are not spelled out.

    quoted: what stands in double quotes. kinds: index of a name -> the noun before it. words: the plain words, for comparing with
    a text. universal: what it says of all or none (`always`, `only`, `dozens`). bare: names without ticks; implied: names that a
    pronoun stands for.
    """

    plain: str
    names: tuple[str, ...]
    literals: tuple[str, ...]
    numbers: tuple[str, ...]
    digits: tuple[str, ...]
    quoted: tuple[str, ...]
    kinds: tuple[tuple[int, str], ...]
    bare: frozenset[str]
    implied: frozenset[str]
    universal: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return re.findall(r"[a-z]{3,}", self.plain)


class _Slots:
    """Takes names, values and numbers out of a text and leaves their marks."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.names: list[str] = []
        self.literals: list[str] = []
        self.numbers: list[str] = []
        self.bare: set[str] = set()
        self.spelled: set[int] = set()
        self.implied: set[str] = set()

    def name(self, text: str) -> str:
        self.names.append(text)
        return f" N{len(self.names) - 1} "

    def ticked(self, found: re.Match[str]) -> str:
        text = found[2].strip()
        if _FILE.match(text) or (_NAME.match(text) and text not in self.reading.literals):
            return self.name(text)
        if pair := _PAIR.match(text):
            return f" {self.name(pair[1]).strip()} = {self.literal(pair[2].strip()).strip()} "
        return self.literal(text)

    def literal(self, text: str) -> str:
        self.literals.append(text)
        return f" L{len(self.literals) - 1} "

    def bare_name(self, found: re.Match[str]) -> str:
        self.bare.add(found[0])
        return self.name(found[0])

    def number(self, found: re.Match[str]) -> str:
        if len(found[0]) > LONGEST_NUMBER:
            return self.literal(found[0])
        self.numbers.append(found[0].replace(",", ""))
        return f" V{len(self.numbers) - 1} "


def phrase_of(text: str, reading: Reading, subject: str = "", mentioned: str = "") -> Phrase:
    """Return the plain form of a sentence, list item or row.

    Args:
        subject: what `it` at the start stands for, as a name; empty when that is not known.
        mentioned: what `that function` stands for: the name mentioned last.
    """
    slots = _Slots(reading)
    text = re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+", "", text)
    text = without_citations(text, f" {_CITATION_MARK} ")
    text = _TICKED.sub(slots.ticked, text)
    text = re.sub(r"(?<!\w)(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text, flags=re.DOTALL)
    quoted = tuple(_QUOTED.findall(text))
    text = _QUOTED.sub(" ", text)
    text = _BARE.sub(slots.bare_name, _lower_words(text, slots))
    text = _CONTRACTED.sub(lambda found: ("can" if found[1] == "ca" else found[1]) + " not", text)
    text = _NUMBER.sub(slots.number, text)
    plain, kinds, universal = _plain(text, reading, slots, (subject, mentioned))
    return Phrase(
        plain=plain,
        names=tuple(slots.names),
        literals=tuple(slots.literals),
        numbers=tuple(slots.numbers),
        digits=tuple(number for at, number in enumerate(slots.numbers) if at not in slots.spelled),
        quoted=quoted,
        kinds=kinds,
        bare=frozenset(slots.bare),
        implied=frozenset(slots.implied),
        universal=universal,
    )


def _lower_words(text: str, slots: _Slots) -> str:
    """Return the text in small letters, but for marks and for words that look like names of code."""
    kept = {at for found in _BARE.finditer(text) for at in range(*found.span())}
    return re.sub(
        r"[^\W\d_]\w*",
        lambda found: found[0] if _is_mark(found[0], slots) or found.start() in kept else found[0].lower(),
        text,
    )


def _is_mark(word: str, slots: _Slots) -> bool:
    found = re.fullmatch(r"([NL])(\d+)", word)
    return found is not None and int(found[2]) < len(slots.names if found[1] == "N" else slots.literals)


def _plain(
    text: str, reading: Reading, slots: _Slots, before: tuple[str, str]
) -> tuple[str, tuple[tuple[int, str], ...], tuple[str, ...]]:
    text = text.replace("|", " ; ").replace("—", " - ")
    text = re.sub(r"([,;:.!?])(?=\s|$)", r" \1 ", text)
    text = re.sub(r"[()\[\]*\"“”'’…]|(?<!\w)-(?!\w)", " ", text)
    count = -1

    def cited(_found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"C{count}"

    text = re.sub(_CITATION_MARK, cited, text)
    words = text.split()
    universal = tuple(word for word in words if word in reading.universal) + tuple(_OF_ALL.findall(" ".join(words)))
    words = [
        word
        for word, after in zip_longest(words, words[1:], fillvalue="")
        if word not in reading.articles or (word == "that" and _NAMED.match(after))
    ]
    words = [_number_word(word, after, reading, slots) for word, after in zip_longest(words, words[1:], fillvalue="")]
    plain = _TENSES.sub(lambda found: _PRESENT[found[0]], " ".join(words))
    plain = reading.not_negating_expression.sub(" ", plain)
    plain = reading.denial_expression.sub(lambda found: reading.denials[found[0]], plain)
    plain = reading.filler_expression.sub(" ", plain)
    plain = " ".join("NOT" if word in reading.negations else word for word in plain.split())
    plain = re.sub(r"\b(?:can|could|may|might|will|would|does|do|did|should|must) (?=NOT\b)", "", plain)
    plain = re.sub(r"\b(is|are|was|were|been) NOT\b", r"NOT \1", plain)
    plain, kinds = _kinds(plain, reading)
    plain = re.sub(r"^(?:[,;:-] )+", "", plain)
    plain = re.sub(r"^(N\d+(?: C\d+)*) :(?= [a-z])", r"\1", plain)
    plain = _pronouns(plain, reading, slots, before)
    return _clauses(plain, reading), kinds, universal


def _pronouns(plain: str, reading: Reading, slots: _Slots, before: tuple[str, str]) -> str:
    """Put the first name of the sentence, or else one of the sentence before, in place of pronouns that begin a clause."""
    own = re.search(r"N\d+", plain)

    def named(found: re.Match[str]) -> str:
        if own is not None and own.start() < found.start():
            return own[0]
        meant = before[0] if found[0] in ("it", "they") else before[1]
        if not meant:
            return found[0]
        slots.implied.add(meant)
        return slots.name(meant).strip()

    return reading.pronoun_expression.sub(named, plain)


def _number_word(word: str, after: str, reading: Reading, slots: _Slots) -> str:
    """Return the mark of a number that is spelled out; `one of` counts nothing."""
    if word not in reading.number_words or after == "of":
        return word
    slots.spelled.add(len(slots.numbers))
    slots.numbers.append(str(reading.number_words[word]))
    return f"V{len(slots.numbers) - 1}"


def _kinds(plain: str, reading: Reading) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Take the nouns before and after names out: `class N0` and `N0 class` become `N0`."""
    if not reading.kind_words:
        return plain, ()
    found: list[tuple[int, str]] = []
    words = plain.split(" ")
    kept: list[str] = []
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        before = words[at - 1] if at else ""
        behind = words[at + 2] if at + 2 < len(words) else ""
        if word in reading.kind_words and after in ("named", "called") and _NAMED.match(behind):
            found.append((int(behind[1:]), word))
            kept.append(word)
        elif word in reading.kind_words and re.fullmatch(r"N\d+", after):
            found.append((int(after[1:]), word))
        elif word in reading.kind_words and re.fullmatch(r"N\d+", before) and not re.fullmatch(r"N\d+|of", after):
            found.append((int(before[1:]), word))
        else:
            kept.append(word)
    return " ".join(kept), tuple(found)


def _clauses(plain: str, reading: Reading) -> str:
    """Give every clause its own subject: `N0 calls N1 , which calls N2` becomes `N0 calls N1 ; N1 calls N2`."""
    begins = re.search(r"N\d+", plain)
    while begins and (found := re.search(r"(N\d+)((?: C\d+)*)(?: ,)? which (it|they|N\d+)((?: NOT)?) (\w+)", plain)):
        own = found[3] if found[3].startswith("N") else begins[0]
        if own == found[1] and (
            after := re.search(r"N\d+", plain[found.end() :])
        ):  # `Without N0, which it calls, N1 ...`
            own = after[0]
        clause = f"{own}{found[4]} {found[5]} {found[1]}"
        plain = f"{plain[: found.start()]}{found[1]}{found[2]} ; {clause}{plain[found.end() :]}"
    while found := re.search(r"(N\d+)((?: C\d+)*)(?: ,)? (?:which|who)(?= )", plain):
        plain = f"{plain[: found.start()]}{found[1]}{found[2]} ; {found[1]}{plain[found.end() :]}"
    subject = re.search(r"N\d+", plain)
    if subject is None:
        return plain
    return reading.shared_subject_expression.sub(f" ; {subject[0]} ", plain)
