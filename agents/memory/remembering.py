"""When two questions are the same question: the key under which an answer is kept.

An answer is served again only when everything that could change it is the same: the intent and operation of each step, its
names in order, every number, negation and identifier, and the remaining words, in order, once filler is gone and synonyms are
one word (both are data of the release). So "callers of X" and "who calls X?" share an answer; "what does X call?", "who
calls X directly?" and "who does not call X?" share it with neither. Equality leaves nothing for a similarity to decide:
reversed questions have a cosine of one (docs/adr/0011-the-memory-compares-meanings.md).

The repositories, their generations, the model wish and Clew's own code are part of the key, the grant and the release of the
store's: after an upgrade every answer is made anew. Any index run that writes gives another generation, so what it changes is out of reach before it has returned.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from agents.state import Draft, Plan
from configs.code import code_id
from configs.release import Remembering
from knowledge.schema import RepositoryInfo
from knowledge.text import stem

_TOKEN = re.compile(
    r"`[^`\n]+`|\"[^\"\n]+\""
    r"|[A-Za-z_~$@][\w$]*(?:(?:\.|::|#|->|/|-)[\w$]+)*"
    r"|v?\d[\w.\-]*\w|\d"
    r"|[^\W\d_]+|[<>=!+*/&|^%~-]+"
)
_CODE = re.compile(r"[_.#/$@~]|::|->|[a-z0-9][A-Z]|[A-Z]{2}[a-z]|\d")
_CONTRACTED = re.compile(r"n['’]t\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s\b")
_LINKS = frozenset(
    [
        "to",
        "from",
        "in",
        "into",
        "on",
        "onto",
        "by",
        "with",
        "without",
        "for",
        "before",
        "after",
        "when",
        "while",
        "if",
        "at",
        "through",
        "not",
    ]
)
"""What stands between the parts of a sentence; neither is reordered across one."""
_ENDS_A_PASSIVE = _LINKS - {"not"}
_BE = frozenset({"is", "are", "was", "were", "be", "gets", "get", "being"})


UNREMEMBERED = frozenset({"history", "subject", "review"})
"""Operations whose answers change without an index run: commits and edits are made meanwhile."""


def memory_key(plan: Plan, model: str, repositories: Iterable[RepositoryInfo], remembering: Remembering) -> str:
    """Return the key of an answer to this plan over these repositories."""
    content = {
        "steps": [[step["intent"], step["operation"], step["names"], step.get("after", [])] for step in plan["steps"]],
        "words": canonical_words(plan, remembering),
        "model": model,
        "code": code_id(),
        "generations": sorted([info.name, info.generation, info.revision] for info in repositories),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def scope_key(repositories: Iterable[RepositoryInfo]) -> str:
    """Return the granted repositories as one string, so that an answer is never served across a grant."""
    return json.dumps(sorted(info.name for info in repositories))


def is_audited(run_id: str, share: float) -> bool:
    """Return whether a remembered answer is made anew and compared: so for a `share` of runs, drawn by their random ids."""
    return int(run_id[:8], 16) < share * 16**8


def places_in(draft: Draft) -> list[str]:
    """Return what an answer cites, each place once, in order: by this a remembered answer and a new one are compared."""
    cited = (citation for block in draft["blocks"] for claim in block["claims"] for citation in claim["citations"])
    return sorted({f"{one['repository']}:{one['path']}:{one['start_line']}-{one['end_line']}" for one in cited})


def canonical_words(plan: Plan, remembering: Remembering) -> list[str]:
    """Return what a question says beyond the intents and names of its plan, in the form in which wordings are compared."""
    named = {name for step in plan["steps"] for name in step["names"]}
    structural = all(step["names"] or step["operation"] == "locate" for step in plan["steps"])
    implied = (
        {word for step in plan["steps"] for word in remembering.vocabulary.get(step["operation"], ())}
        if structural
        else set()
    )
    tokens = _tokens(plan["question"], named)
    words = [_canonical(token, remembering) for token in _fronted(tokens, remembering)]
    kept = [word for word in words if word and word not in implied]
    if kept[:2] == ["how", "to"]:
        del kept[1]
    return _inverted(kept)


def _tokens(question: str, named: set[str]) -> list[str]:
    """Return the words of a question without the names that its plan holds already, each of those once."""
    text = _POSSESSIVE.sub(" ", _CONTRACTED.sub(" not", question))
    left = dict.fromkeys(named, 1)
    tokens = []
    for match in _TOKEN.finditer(text):
        token = match[0].strip('`"').removesuffix("()")
        if left.get(token):
            left[token] -= 1
            tokens.append("")  # where a name stood, so that words before and after it do not run together
            continue
        tokens.append(token)
    return tokens


def _canonical(token: str, remembering: Remembering) -> str:
    """Return the word that stands for a token: an identifier or number as it is, filler as nothing."""
    if not token or _CODE.search(token):
        return token
    lower = token.lower()
    if lower in remembering.filler:
        return ""
    root = stem(lower)
    return remembering.meaning.get(lower) or remembering.meaning.get(root) or root


def _fronted(tokens: Sequence[str], remembering: Remembering) -> list[str]:
    """Return a passive question with its verb in front, where an active one has it: `where are limits checked`."""
    words = [token.lower() for token in tokens]
    if not words or words[0] not in remembering.passive_starts or len(words) < 3 or words[1] not in _BE:
        return list(tokens)
    before = next((at for at, word in enumerate(words) if at > 2 and word in _ENDS_A_PASSIVE), len(words))
    for end in (before, len(words)):
        verb = words[end - 1]
        if end > 3 and (verb.endswith(("ed", "en", "nt", "pt")) or verb in remembering.participles):
            return [*tokens[:2], tokens[end - 1], *tokens[2 : end - 1], *tokens[end:]]
    return list(tokens)


def _inverted(words: list[str]) -> list[str]:
    """Return `schedule of task` as `task schedule`: both say the same, and each has one form."""
    while "of" in words:
        at = words.index("of")
        if at == 0 or at + 1 == len(words):
            words = words[:at] + words[at + 1 :]
            continue
        stop = next(
            (end for end in range(at + 1, len(words)) if words[end] in _LINKS or words[end] == "of"), len(words)
        )
        words = [*words[: at - 1], *words[at + 1 : stop], words[at - 1], *words[stop:]]
    return words
