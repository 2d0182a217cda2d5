"""What one clause of a question wants: the intent, the operation and the names it is about.

A phrase of the release that captures a name the graph knows decides; where none does, the classifier says the intent, and the
names are those that the clause marks. Deterministic: the same release reads the same clause alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agents.questions.asker import language_of
from agents.questions.english import Role, is_one_of_many, is_ordinary, role_of
from agents.questions.intents import NAME, IntentClassifier, masked
from agents.questions.names import Named, NameReader, written_names
from agents.state import OF_FOLDERS, OF_THE_WHOLE, WITHOUT_NAME
from configs.triage import Rule, Triage
from knowledge.schema import Symbol, SymbolKind
from models.extractive import asked_words

_AFTER_PLAIN_NAME = re.compile(
    r"\s*(?:$|[?.!,;:)]|(?:in|into|from|of|and|or|to|with|on|at|by|when|while|during|inside|within|directly|across|here|there|anywhere|somewhere)\b)"
)
_NO_PLACE = frozenset({SymbolKind.VARIABLE, SymbolKind.FUNCTION, SymbolKind.METHOD})
"""What holds no code that could be unused or untested, as a folder of the same name does."""
_FOLDER = re.compile(r"\b(?:folders?|director(?:y|ies))\b", re.I)
_ARTICLE = re.compile(r"^(?:the|our|all|this|that|any|some)\s+", re.IGNORECASE)
_OF = re.compile(r"\s+of\s+(?:the\s+)?(?:(?:class|function|method|module|struct|type)\s+)?")
_JOINED = re.compile(r"\s*(?:,\s*(?:and|or)?|and|or|&|as\s+well\s+as|plus|und|et|y)\s+(?:(?:of|for)\s+)?(?:the\s+)?")
_PLAIN_WORD = re.compile(r"(?<![\w./`-])[A-Za-z_][A-Za-z0-9_]{2,}(?![\w./-]*[`/])")
_UNKNOWN_NAME_FACTOR = 0.95
_MOST_MEANINGS = 3
"""A plain word that more symbols bear is taken for a word where no phrase says that it is a name: `get`, `run`."""
_NAME_ONLY_CERTAINTY = 0.4
_LEAST_OF_THE_WHOLE = 0.3
"""Below it a guess asks for no answer that needs no name: there is always one, and it would be given with certainty."""
_WORDS_ONLY_CERTAINTY = 0.3
ABOUT_A_NAME = frozenset({"define", "explain", "callers", "callees", "impact", "hierarchy", "tests", "path"})
"""Intents that ask about symbols: a plain word that the graph knows is then one."""
_MARKED_ENOUGH = frozenset({"explain", "locate", "docs", "configure", "history", "file", "patch", "debug", "review"})
"""Intents that need no captured name: what a clause marks is what they are about."""
_OF_RELATIONS = ABOUT_A_NAME - {"explain", "define"}
"""Intents that an ordinary word can be the object of; what is explained in ordinary words is a topic."""
_OF_A_CHANGE = re.compile(
    r"chang|diff|patch|branch|commit|\b[pm]rs?\b|pull|merg|edit|review|risk|safe|danger|\bwip\b|work|staged|head\b|\.\.|modif|cambi|rama|zweig"
    r"|rebase|push|refactor|ship|deploy|release|deliver|did|done|wrote|touch|regress|break|tree|stash|local",
    re.I,
)
"""What speaks of something that was changed; every labelled wording of a review holds one of these."""
_OF_THE_PAST = re.compile(
    r"chang|commit|\bwho|\bwhom|author|wrote|written|writ|recent|latel|latest|histor|blame|\bago\b|since|\bnew\b|newest|happened|\bwas\b|\bwere\b|\bdid\b|\bhas\b"
    r"|\bhave\b|been|modif|touch|introduc|added|evol|git\b|log\b|\bowns\b|codeowner|\bold(?:est)?\b|maintain|expert|contact|\bask\b|week|month|year|yesterday|today|release|version|last\s+(?:time|edit)"
    r"|\b(?:edited|broke|broken|removed|renamed|fixed|reverted|improved|worked|moved)\b",
    re.I,
)
"""What speaks of the past or of who knows; every labelled wording of a history in English holds one of these."""
_DEFAULT_OPERATIONS = {"hierarchy": "subclasses", "dependencies": "importers"}


@dataclass(frozen=True, slots=True)
class Reading:
    """An understanding of a clause. end: where the phrase that captured the names ends; decided_by: see `agents.state.Step`.

    shares: the two likeliest intents where the classifier was asked, and the one that was taken, with their probabilities.
    """

    intent: str
    operation: str
    names: tuple[Named, ...]
    certainty: float
    end: int = 0
    captured: bool = False
    decided_by: str = "rule"
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """The intent of a clause that somebody decided: a model, or the person who asks."""

    intent: str
    by: str


def read_clause(
    clause: str,
    triage: Triage,
    names: NameReader,
    marked: list[Named],
    classifier: IntentClassifier | None,
    settled: Settled | None = None,
) -> Reading:
    """Return the best reading of a clause; `marked` are its names, or what a short follow-up is about."""
    by_rules = [
        reading
        for rule, pattern in triage.compiled
        if (reading := _by_rule(clause, rule, pattern, names, marked, triage.kinds))
    ]
    best = max(by_rules, key=lambda reading: reading.certainty, default=None)
    if best is not None and best.certainty >= triage.sure_rule:
        return best
    if classifier is not None:
        guess = _guessed(clause, triage, names, marked, classifier)
        if settled is not None and (found := _of_guess(settled.intent, guess, by_rules)) is not None:
            return replace(found, certainty=1.0, decided_by=settled.by, shares={})
        found = _of_guess(next(one for one in guess.ranked if _may_mean(clause, one)), guess, by_rules)
        if found is not None and found.intent == "docs" and found.certainty < triage.docs_alone:
            shares = guess.first_and("explain")  # which asks documents and code
            found = replace(found, intent="explain", operation="explain", shares=shares)
        if found is not None and found.operation in WITHOUT_NAME and found.certainty < _LEAST_OF_THE_WHOLE:
            found = None  # noise is no question about the project
        if found is not None and not found.names and found.operation in OF_FOLDERS:
            found = replace(found, names=_folders_said(clause, names)[:1])
        if found is not None and (best is None or _outweighs(found, best, triage)):
            return found
        if best is not None:
            return replace(best, shares=guess.first_and(best.intent))
    if best is not None:
        return best
    intent = "explain" if marked else "locate"
    certainty = _NAME_ONLY_CERTAINTY if marked else _WORDS_ONLY_CERTAINTY
    return Reading(intent, intent, tuple(marked[:1]), certainty, decided_by="words")


def marked_names(clause: str, names: NameReader) -> list[Named]:
    """Return the marked names of a clause, known ones first, each once."""
    found: dict[str, Named] = {}
    for piece in written_names(clause):
        named = names.recognise_marked(piece)
        if named is not None and not named.is_repository:
            found.setdefault(named.name or named.found_by, named)
    return sorted(found.values(), key=lambda named: not named.is_known)


def _with_namesakes(clause: str, names: NameReader, marked: list[Named]) -> list[Named]:
    """Return the names of a clause with those that are a repository's and a symbol's, in order, where something else is marked beside them."""
    if not marked:
        return marked
    found: dict[str, Named] = {}
    for piece in written_names(clause):
        named = names.recognise_code(piece)
        if named is not None and not named.is_repository:
            found.setdefault(named.name or named.found_by, named)
    return sorted(found.values(), key=lambda named: not named.is_known)


def joined_names(clause: str, end: int, names: NameReader) -> list[Named]:
    """Return the names that follow as `A and B` or `A, B and C`."""
    found: list[Named] = []
    while joint := _JOINED.match(clause, end):
        pieces = written_names(clause[joint.end() :])
        if not pieces or not clause.startswith(pieces[0], joint.end()):
            break
        named = names.recognise_code(pieces[0])
        if named is None or named.symbol is None:
            break
        found.append(named)
        end = joint.end() + len(pieces[0])
    return found


def names_beside(clause: str, name: Named, names: NameReader) -> list[Named]:
    """Return the names that a clause ends with beside `name`: `explain A and B`; none where more follows, which may be of both together."""
    for piece in written_names(clause):
        if names.recognise_marked(piece) == name:
            end = clause.index(piece) + len(piece)
            found = joined_names(clause, end, names)
            last = next((one for one in reversed(written_names(clause)) if names.recognise_code(one) in found), None)
            return found if last is not None and not clause[clause.rindex(last) + len(last) :].strip(" .?!") else []
    return []


def _outweighs(found: Reading, best: Reading, triage: Triage) -> bool:
    """Whether the classifier's word counts for more than a weaker rule's."""
    if found.intent == best.intent:
        return not best.names and bool(found.names)
    return found.certainty >= (triage.over_captured if best.captured else triage.over_words)


def _by_rule(
    clause: str, rule: Rule, pattern: re.Pattern[str], names: NameReader, marked: list[Named], kinds: str
) -> Reading | None:
    match = pattern.search(clause)
    if match is None:
        return None
    operation = rule.operation or rule.intent
    groups = [group for group in ("symbol", "target") if group in pattern.groupindex]
    if "subject" in pattern.groupindex:
        subject = _ARTICLE.sub("", match.group("subject")).strip()
        if marked or not asked_words(subject) or names.recognise(subject) is not None:
            return None  # what has a name is asked about by it
        return Reading(rule.intent, operation, (Named(subject, None),), rule.weight, match.end(), captured=True)
    if not groups:
        if len(marked) < rule.needs:
            marked = _with_namesakes(clause, names, marked)
        if len(marked) < rule.needs:
            return None
        about = tuple(marked[: rule.needs]) or (tuple(marked[:1]) if rule.intent in _MARKED_ENOUGH else ())
        return Reading(rule.intent, operation, about, rule.weight, match.end())
    found: list[Named] = []
    for group in groups:
        named = _captured(clause, match, group, names, kinds)
        if operation == "folder":  # a file, a class or an ordinary word is asked about otherwise
            named = names.folder(match.group(group), is_said=_FOLDER.search(match.group(0)) is not None)
        elif operation in OF_FOLDERS and _may_be_a_folder(named, operation):
            named = names.folder(match.group(group), is_said=True) or named
        if named is None:
            return None
        found.append(named)
    if len(found) > 1 or rule.intent in _OF_RELATIONS:  # a project calls nothing, and is compared with no class
        found = [named.as_symbol for named in found]
    factor = 1.0 if all(named.is_known for named in found) else _UNKNOWN_NAME_FACTOR
    return Reading(rule.intent, operation, tuple(found), rule.weight * factor, match.end(), captured=True)


def _may_be_a_folder(named: Named | None, operation: str) -> bool:
    """Whether a name may mean a folder: one that the graph does not know, or a mere variable where the code as a whole is asked about."""
    if named is None or (named.symbol is None and not named.is_repository):
        return True
    return operation in OF_THE_WHOLE and named.symbol is not None and named.symbol.kind in _NO_PLACE


def _captured(clause: str, match: re.Match[str], group: str, names: NameReader, kinds: str) -> Named | None:
    """Return the name that a group caught; a plain word that runs on into a phrase (`rate limits are`) is not one.

    A plain word before `of` and a name that code has is a part of that: `the total of Order` is `Order.total`, and where there
    is no such member, as with `the signature of Order`, it is `Order` that is meant.
    """
    piece = match.group(group)
    named = names.recognise(piece)
    if named is None or names.recognise_marked(piece) is not None:
        return named
    if is_one_of_many(clause, match.start(group), piece, kinds):
        return None
    rest = clause[match.end() :]
    if (whole := _OF.match(rest)) and (written := written_names(rest[whole.end() :])):
        holder = names.recognise_marked(written[0]) if rest.startswith(written[0], whole.end()) else None
        if holder is not None and holder.symbol is not None:
            member = names.recognise(f"`{holder.name.strip('`')}.{piece}`")
            return member if member is not None and member.symbol is not None else holder
    return named if _AFTER_PLAIN_NAME.match(rest) else None


@dataclass(frozen=True, slots=True)
class _Guess:
    """What the classifier makes of a clause: every intent with its probability, and the names that it would be about.

    plain: names without the form of code; words: ordinary ones that are names only where a relation is asked for.
    """

    shares: Mapping[str, float]
    marked: list[Named]
    plain: list[Named]
    words: list[Named]

    def about(self, intent: str) -> list[Named]:
        """Return what a clause of this intent is about."""
        plain = self.plain[-1:] or (self.words[-1:] if intent in _OF_RELATIONS else [])
        return self.marked or (plain if intent in ABOUT_A_NAME else [])

    @property
    def ranked(self) -> list[str]:
        """Return the intents, the likeliest first."""
        return sorted(self.shares, key=lambda intent: (-self.shares[intent], intent))

    def first_and(self, intent: str) -> dict[str, float]:
        """Return the two likeliest intents and this one, with their probabilities."""
        return {one: round(self.shares.get(one, 0.0), 4) for one in dict.fromkeys([*self.ranked[:2], intent])}


def _guessed(
    clause: str, triage: Triage, names: NameReader, marked: list[Named], classifier: IntentClassifier
) -> _Guess:
    written = [piece for piece in written_names(clause) if names.recognise_marked(piece) is not None]
    text = masked(clause, written, triage.file_suffixes)
    shares = classifier.probabilities(text)
    found = [] if marked else _plain_names(clause, names, triage.kinds)
    is_english = language_of(clause, triage.languages) == "en"
    plain = [(piece, named) for piece, named, role in found if role is Role.NAME or not is_english]
    if plain and not text.isascii():  # in another language, a word that the graph knows is hardly an ordinary one
        shares = classifier.probabilities(masked(clause, [piece for piece, _ in plain], triage.file_suffixes))
    elif plain and NAME not in text:
        as_name = classifier.probabilities(masked(clause, [plain[-1][0]], triage.file_suffixes))
        if max(as_name.values()) > max(shares.values()):
            shares = as_name
    words = [named for _, named, role in found if role is Role.EITHER]
    return _Guess(shares, marked, [named for _, named in plain], words)


def _may_mean(clause: str, intent: str) -> bool:
    """Whether a guess may stand: no change is reviewed, and no history told, for who speaks of none (`where is an inline request checked?`)."""
    said = {"review": _OF_A_CHANGE, "history": _OF_THE_PAST}.get(intent)
    return said is None or not clause.isascii() or said.search(clause) is not None


def _of_guess(intent: str, guess: _Guess, by_rules: list[Reading]) -> Reading | None:
    """Return the reading of a clause as this intent; None where it lacks the names for it."""
    about = tuple(guess.about(intent))
    same = [reading for reading in by_rules if reading.intent == intent]
    operation = max(same, key=lambda reading: reading.certainty).operation if same else _operation(intent, about)
    if intent == "path" and len(about) < 2:
        return None
    names = about[: 2 if intent == "path" else 1]
    share = round(guess.shares.get(intent, 0.0), 4)
    return Reading(intent, operation, names, share, decided_by="classifier", shares=guess.first_and(intent))


def _operation(intent: str, about: tuple[Named, ...]) -> str:
    if intent == "dependencies" and not about:
        return "external"
    if intent == "debug" and about:  # no traceback to follow: what the name stands for is where to begin
        return "explain"
    return _DEFAULT_OPERATIONS.get(intent, intent)


def _only_shouts(word: str, symbol: Symbol) -> bool:
    """Whether a word in capitals is an abbreviation rather than this symbol: `its TTL expires` is about no method TTL."""
    return word.isupper() and symbol.kind not in (SymbolKind.CLASS, SymbolKind.INTERFACE)


def _plain_names(clause: str, names: NameReader, kinds: str) -> list[tuple[str, Named, Role]]:
    """Return the plain words of a clause that are, or may be, names of symbols, in order."""
    found: list[tuple[str, Named, Role]] = []
    for match in _PLAIN_WORD.finditer(clause):
        named = names.recognise(match.group(0))
        if named is None or named.symbol is None or named.meanings > _MOST_MEANINGS:
            continue
        role = role_of(clause, match.start(), match.group(0), kinds)
        is_variable = named.symbol.kind is SymbolKind.VARIABLE and match.group(0).isalpha() and match.group(0).islower()
        is_word = role is Role.WORD or (is_variable and role is Role.EITHER)
        if not is_word and not _only_shouts(match.group(0), named.symbol):
            found.append((match.group(0), named, role))
    return found


def _folders_said(clause: str, names: NameReader) -> tuple[Named, ...]:
    """Return the folders whose name stands in a clause as a word that is no English one (`expfmt`): the others may just be words."""
    words = (match.group(0) for match in _PLAIN_WORD.finditer(clause))
    found = (names.folder(word, is_said=True) for word in words if not is_ordinary(word.lower()))
    return tuple(named for named in found if named is not None)


def probabilities(clause: str, triage: Triage, classifier: IntentClassifier) -> Mapping[str, float]:
    """Return what the classifier alone makes of a clause whose names have the form of code."""
    return classifier.probabilities(masked(clause, (), triage.file_suffixes))
