"""How the quality checker reads prose, as data of the Release: which words state a relation, a value, a number, or nothing.

A pattern is matched against a sentence in plain form (`guardrails.phrases`): small letters, articles and fillers gone, negation
as `NOT`, names as `N0`, values as `L0`, citations as `C0`, single spaces. `{a}`, `{b}`, `{c}` stand for one or several names, `{whom}` for a `{b}` that is one,
`{v}` for a value or a name, `{n}` for a number, `{cites}` for citations; any other brace for a macro.
"""

from __future__ import annotations

import re
from functools import cached_property

from pydantic import BaseModel, ConfigDict

_NAMES = r"N\d+(?:(?: C\d+)*(?: ,| and| or| , and| , or) N\d+)*"
_GAP = "(?: NOT| C\\d+)* "
_ROLES = {
    "a": rf"(?P<a>{_NAMES})",
    "b": rf"(?P<b>{_NAMES})",
    "whom": r"(?P<b>N\d+)",
    "c": r"(?P<c>N\d+)",
    "p": r"(?P<p>[NL]\d+)",
    "v": r"(?P<v>[NLV]\d+)",
    "n": r"(?P<n>V\d+)",
    "cites": r"(?P<cites>C\d+(?:(?: and| ,)? C\d+)*)",
    "clause": r"(?:^|(?<=[;:.] )|(?<=, )|(?<=and )|(?<=but )|(?<=so )|(?<=because )|(?<=while )|(?<=where ))",
}


class StatedPattern(BaseModel):
    """One way to state something. kind: a relation (`CALLS`), or `default`, `raises`, `returns`, `equals`, `defined`, `member`, `count`.

    counted: for `count`, what is counted. kinds: relations of which any will do, `kind` alone when empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    pattern: str
    kinds: tuple[str, ...] = ()
    counted: str = ""


class Roles(BaseModel):
    """Words by which the direction of a relation is read, see `guardrails.direction`. All nouns in singular and plural.

    doers: nouns of one that acts on what it belongs to (`caller of`). receivers: of what is acted on (`base class of`). events: of the act (`call to`).
    arising: verbs of being or turning up somewhere, serving: verbs whose subject is there for the object. sources: participles of what
    comes from the other name (`derived from`). seeking: verbs with `for` before their object. placed: participles of what stands `on` the other.
    giving, taking: verbs of giving (`with` something) and of taking (something `from`), by which it cannot be told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    doers: frozenset[str] = frozenset()
    receivers: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    arising: frozenset[str] = frozenset()
    serving: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    seeking: frozenset[str] = frozenset()
    placed: frozenset[str] = frozenset()
    giving: frozenset[str] = frozenset()
    taking: frozenset[str] = frozenset()


class Reading(BaseModel):
    """See the module. fillers: phrases that change nothing. pronouns: what stands for the subject of the sentence before.

    denials: phrases that deny, with their plain form. not_negating: phrases with a negative word that deny nothing. kind_words: what a noun before a name says that it is.
    universal: words that claim more than a line can show. refusals, chatter: answers that answer nothing, as expressions.
    roles: by which the direction of what is said of two names is read.
    comparing: what sets one against others of its kind; past: what tells of what was: no line shows either, as expressions.
    taking_back: what takes back what the sentence states, as expressions. placing: participles that say where something is or what is done with it, no quality.
    counted_nouns: what numbers of a listing count. only: those of the universal words that exclude others.
    verbs: macro names whose words may follow a shared subject. columns: head of a table column -> what the first column does to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    macros: dict[str, str] = {}
    articles: frozenset[str] = frozenset()
    fillers: tuple[str, ...] = ()
    pronouns: tuple[str, ...] = ()
    negations: frozenset[str] = frozenset()
    denials: dict[str, str] = {}
    not_negating: tuple[str, ...] = ()
    universal: frozenset[str] = frozenset()
    literals: frozenset[str] = frozenset()
    number_words: dict[str, int] = {}
    kind_words: dict[str, tuple[str, ...]] = {}
    common_words: frozenset[str] = frozenset()
    stated: tuple[StatedPattern, ...] = ()
    verbs: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    refusals: tuple[str, ...] = ()
    chatter: tuple[str, ...] = ()
    quoting: tuple[str, ...] = ()
    roles: Roles = Roles()
    only: frozenset[str] = frozenset()
    comparing: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    taking_back: tuple[str, ...] = ()
    placing: tuple[str, ...] = ()
    counted_nouns: tuple[str, ...] = ()

    @cached_property
    def compiled(self) -> tuple[tuple[StatedPattern, re.Pattern[str]], ...]:
        """Return each pattern with its expression. Raises re.error, KeyError."""
        return tuple((one, re.compile(self._expression(one.pattern))) for one in self.stated)

    @cached_property
    def filler_expression(self) -> re.Pattern[str]:
        return _any_of(self.fillers)

    @cached_property
    def denial_expression(self) -> re.Pattern[str]:
        return _any_of(tuple(self.denials))

    @cached_property
    def not_negating_expression(self) -> re.Pattern[str]:
        return _any_of(self.not_negating)

    @cached_property
    def pronoun_expression(self) -> re.Pattern[str]:
        subject = "|".join(re.escape(one) for one in sorted(self.pronouns, key=len, reverse=True)) or r"(?!)"
        return re.compile(rf"(?:(?<=^)|(?<=[;.:] )|(?<=, )|(?<=and )|(?<=but ))(?:{subject})(?= )")

    @cached_property
    def shared_subject_expression(self) -> re.Pattern[str]:
        """What follows when a second verb has the subject of the first one: `and calls`, `, returns`."""
        verbs = "|".join(self._macro(name) for name in self.verbs) or r"(?!)"
        passive = r"(?:is|are) (?:NOT )?[a-z]+ (?:by|in|from)"
        return re.compile(
            rf" (?:, and|and|,|but) (?=(?:(?:NOT )?(?:{verbs}) (?:NOT )?(?:[NLV]\d|to|from|by))|{passive} )"
        )

    @cached_property
    def refusal_expression(self) -> re.Pattern[str]:
        return re.compile("|".join(self.refusals) or r"(?!)", re.IGNORECASE)

    @cached_property
    def chatter_expression(self) -> re.Pattern[str]:
        return re.compile("|".join(self.chatter) or r"(?!)", re.IGNORECASE)

    @cached_property
    def denied_verb_expression(self) -> re.Pattern[str]:
        """A denial of a verb that states something of code."""
        return re.compile(rf"\bNOT (?:[a-z]+ )?(?:{'|'.join(self._macro(name) for name in self.verbs) or '(?!)'})\b")

    @cached_property
    def counted_expression(self) -> re.Pattern[str]:
        """A number with a noun that can be counted behind it."""
        return re.compile(rf"V(\d+) (?:[a-z]+ )?(?:{'|'.join(self.counted_nouns) or '(?!)'})\b")

    @cached_property
    def unshowable_expression(self) -> re.Pattern[str]:
        """What a sentence in plain form says that no line of now can show."""
        return re.compile("|".join((*self.comparing, *self.past)) or r"(?!)")

    @cached_property
    def taking_back_expression(self) -> re.Pattern[str]:
        return re.compile("|".join(self.taking_back) or r"(?!)")

    @cached_property
    def quality_expression(self) -> re.Pattern[str]:
        """An adjective that ends what is said of a name: `N0 is recursive`."""
        placing = "|".join(self.placing) or r"(?!)"
        return re.compile(
            rf"\bN\d+(?: C\d+)* is (?:[a-z]+ly )?(?!(?:{placing})\b)([a-z]{{4,}}(?:-[a-z]+)*)(?=(?: C\d+)*(?: [;:.,]|$))"
        )

    @cached_property
    def quoting_expression(self) -> re.Pattern[str]:
        return re.compile("|".join(self.quoting) or r"(?!)", re.IGNORECASE)

    def _expression(self, pattern: str) -> str:
        """Return the pattern with its braces filled; NOT and citations may stand between any two words."""
        filled = re.sub(
            r"\{([a-z_]+)\}",
            lambda found: _ROLES.get(found[1]) or self._macro(found[1]).replace(" ", _GAP),
            pattern.replace(" ", _GAP),
        )
        return filled + r"(?![\w])"

    def _macro(self, name: str) -> str:
        text = self.macros[name]
        return "(?:" + re.sub(r"\{([a-z_]+)\}", lambda found: self._macro(found[1]), text) + ")"


def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(sorted(phrases, key=len, reverse=True)) + r")\b" if phrases else r"(?!)")
