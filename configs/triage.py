"""How a question is read: the intents, the phrases that mark them, and what is said of how it is asked. Part of the Release.

Data alone: `agents.questions` reads by it. What a classifier learned lies in a file beside the release (`Weights`).
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator

from configs.errors import ConfigError
from configs.frozen import Frozen

INTENTS = (
    *("locate", "define", "explain", "callers", "callees", "impact"),
    *("path", "hierarchy", "dependencies", "docs", "overview", "tests", "debug"),
    *("history", "configure", "file", "patch", "review"),
)


class Rule(Frozen):
    """A phrase that marks an intent. `<symbol>` and `<target>` in the pattern stand for a name in the question.

    needs: how many known symbols the rule needs when the pattern itself captures none (0..2).
    operation: what the analyst does; the intent itself when empty. weight: 0..1, the strongest matching rule wins.
    """

    intent: str
    pattern: str
    operation: str = ""
    weight: float = Field(default=0.8, ge=0, le=1)
    needs: int = Field(default=0, ge=0, le=2)

    @field_validator("intent")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in INTENTS:
            raise ValueError(f"unknown intent {value!r}; one of {', '.join(INTENTS)}")
        return value


class Weights(Frozen):
    """A file beside the release with learned numbers, and the sha256 of its content, which is part of the release's id.

    folder: where the release was read from; no part of what it is.
    """

    file: str
    sha256: str
    folder: Path = Field(default=Path(), exclude=True)

    def content(self) -> bytes:
        """Return the numbers as they lie in the file.

        Raises:
            ConfigError: they are not those that the release means.
        """
        content = (self.folder / self.file).read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ConfigError(
                f"The weights {self.file!r} have the hash {found}, not {self.sha256}.",
                next_step="Learn them again (clew eval train-triage), and put the hash it prints into the release.",
            )
        return content


class Doubts(Frozen):
    """What is done where no rule is sure of an intent and the classifier neither. See `agents.questions.doubts`.

    ask_below: the probability of the best intent below which a model is asked for it, in at most `timeout_s` and `answer_tokens`; 0: never.
    close: two intents are both possible when the second has this share of the first one's probability; 1: never.
    meant: what each intent asks, in words, with `{about}` for what the question names: as choices and for the model.
    """

    ask_below: float = Field(default=0, ge=0, le=1)
    timeout_s: float = Field(default=4, gt=0)
    answer_tokens: int = Field(default=24, ge=8)
    close: float = Field(default=1, ge=0, le=1)
    meant: dict[str, str] = {}


class Triage(Frozen):
    """How the planner reads a question: macros of the patterns, the rules, and the words that are never names.

    clause_break: what stands between two things that are asked; asks: what begins a request; relation: a noun that asks of what was
    spoken of before (`the tests`); earlier: what, between two, says that the second comes first;
    reason: what begins a subordinate clause that only says why (`Before I change X, ...`).
    object_before: a pronoun before its `verb`, where a name would stand behind it (`qui l'appelle`).
    shared_object: what asks two things of one name (`callers and callees of X`), with the groups first, second and object.
    listed: what asks several things of one `object` in a `list` (`X: callers, tests`).
    inner: phrases that stand for what another step finds (`the callers of X`, or `words` to search for). results_pronoun: what
    means the results of the step before. same_again: a follow-up that only names something else.
    opening: what people say before they ask.
    sure_rule: weight from which a rule needs no second opinion; over_captured, over_words: the probability from which the
    classifier outweighs a weaker rule that caught a name, or none; further: that from which a later clause without a name asks more.
    docs_alone: the probability from which a clause is taken to ask documents alone, and not code as well.
    languages: frequent small words, by language; newcomer: what a person says who is new to the code.
    """

    macros: dict[str, str]
    rules: tuple[Rule, ...]
    never_names: frozenset[str]
    name_kinds: frozenset[str]
    clause_break: str
    asks: str = r"(?!)"
    relation: str = r"(?!)"
    listed: str = r"(?!)"
    earlier: str = r"(?!)"
    reason: str = r"(?!)"
    pronoun: str
    object_before: str = r"(?!)"
    possessive: str
    file_suffixes: frozenset[str]
    shared_object: str = ""
    inner: tuple[Rule, ...] = ()
    results_pronoun: str = r"(?!)"
    same_again: str = r"(?!)"
    opening: str = r"(?!)"
    sure_rule: float = Field(default=0.85, ge=0, le=1)
    over_captured: float = Field(default=0.9, ge=0, le=1)
    over_words: float = Field(default=0.4, ge=0, le=1)
    further: float = Field(default=0.85, ge=0, le=1)
    docs_alone: float = Field(default=0.85, ge=0, le=1)
    languages: dict[str, frozenset[str]] = {}
    newcomer: str = ""
    classifier: Weights | None = None
    doubts: Doubts = Doubts()

    @property
    def kinds(self) -> str:
        """Return what names the kind of a symbol (`function`), as an expression."""
        return self.macros.get("kind", r"(?!)")

    @cached_property
    def compiled_breaks(self) -> re.Pattern[str]:
        """Return what stands between two clauses. Its group `soft` is a mere comma."""
        return re.compile(self.expand(self.clause_break), re.IGNORECASE)

    @cached_property
    def compiled_asks(self) -> re.Pattern[str]:
        """Return what begins a request, after whatever may stand before it."""
        return re.compile(self.expand(rf"\W*(?:[^:?]{{1,60}}:\s+)?{self.asks}"), re.IGNORECASE)

    @cached_property
    def compiled_relation(self) -> re.Pattern[str]:
        """Return what names a relation (`the tests`, `callers`), which can be asked of what was spoken of before."""
        return re.compile(self.expand(self.relation), re.IGNORECASE)

    @cached_property
    def compiled_inner(self) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
        """Return each inner phrase with its expression, macros expanded."""
        return tuple((rule, re.compile(self.expand(rule.pattern), re.IGNORECASE)) for rule in self.inner)

    @cached_property
    def compiled(self) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
        """Return each rule with its expression, macros expanded."""
        return tuple((rule, re.compile(self.expand(rule.pattern), re.IGNORECASE)) for rule in self.rules)

    def expand(self, pattern: str) -> str:
        """Return the pattern with `<symbol>`, `<target>` and `{macro}` replaced."""
        for group in ("symbol", "target"):
            pattern = pattern.replace(f"<{group}>", self.macros["named"].replace("<name>", f"(?P<{group}>{{name}})"))
        for _ in range(3):
            pattern = re.sub(r"\{([a-z_]+)\}", lambda found: self.macros[found.group(1)], pattern)
        return pattern


class Seeking(Frozen):
    """What a question says of how it is asked rather than of what: expressions with `{macro}`; what is not said matches nothing.

    frame: words that only ask for a place; functions, types: what names the sort of place; documents: what asks for documents.
    things: what asks whether something is used, with the group `thing`; the first that fits counts. since: how far back a question
    looks, with the groups `count` and `unit`, `today` or `yesterday`. against: the revision that a change is compared with, `base`.
    tested: what only asks for tests (`which tests cover`). of_functions, of_types: what says that of all code only functions, or types, are asked for (`the most used functions`).
    """

    macros: dict[str, str] = {}
    frame: tuple[str, ...] = ()
    functions: str = r"(?!)"
    types: str = r"(?!)"
    documents: str = r"(?!)"
    things: tuple[str, ...] = ()
    since: str = r"(?!)(?P<count>)(?P<unit>)(?P<today>)(?P<yesterday>)"
    against: str = r"(?!)(?P<base>)"
    tested: str = r"(?!)"
    of_functions: str = r"(?!)"
    of_types: str = r"(?!)"

    @cached_property
    def compiled_tested(self) -> re.Pattern[str]:
        return self._compiled(self.tested)

    @cached_property
    def compiled_things(self) -> tuple[re.Pattern[str], ...]:
        return tuple(self._compiled(one) for one in self.things)

    @cached_property
    def compiled_since(self) -> re.Pattern[str]:
        return self._compiled(self.since)

    @cached_property
    def compiled_of_functions(self) -> re.Pattern[str]:
        return self._compiled(self.of_functions)

    @cached_property
    def compiled_of_types(self) -> re.Pattern[str]:
        return self._compiled(self.of_types)

    @cached_property
    def compiled_against(self) -> re.Pattern[str]:
        return self._compiled(self.against)

    @cached_property
    def compiled_frame(self) -> re.Pattern[str]:
        return self._compiled("|".join(self.frame) or r"(?!)")

    @cached_property
    def compiled_functions(self) -> re.Pattern[str]:
        return self._compiled(self.functions)

    @cached_property
    def compiled_types(self) -> re.Pattern[str]:
        return self._compiled(self.types)

    @cached_property
    def compiled_documents(self) -> re.Pattern[str]:
        return self._compiled(self.documents)

    def _compiled(self, pattern: str) -> re.Pattern[str]:
        """Raises KeyError for a macro that is not there, re.error."""
        return re.compile(re.sub(r"\{([a-z_]+)\}", lambda found: self.macros[found[1]], pattern), re.IGNORECASE)
