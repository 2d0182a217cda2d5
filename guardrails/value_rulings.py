"""Whether stated values and places hold: defaults, errors, return values, constants, members, definitions.

The lines of the definition that they are said of decide, and the cited lines must show them.
"""

from __future__ import annotations

import re

from guardrails.record import SEPARATORS, Record, mentions
from guardrails.ruling import VERIFIED, Cited, Ruling, refuted, unverified
from guardrails.statements import Statement
from knowledge.schema import Symbol, SymbolKind

_FAILS = re.compile(r"\b(?:raise|throw|panic|abort|reject|return|reraise|except|catch|Err|Error)\b|\bErr\w*")
_THROWS = re.compile(r"\b(?:raise|throw|panic|abort|reject|reraise)\b")
"""What gives an error that is no value of an error type: `raise None` is no `return None`."""
_GIVES = re.compile(r"\b(?:return|yield)\b|=>")
_HEAD_LINES = 40
_HOLDERS = (SymbolKind.CLASS, SymbolKind.INTERFACE)


def default(record: Record, statement: Statement, cited: Cited) -> Ruling:
    assert statement.value is not None
    parameter, value = statement.parameter, statement.value.text
    functions = [one for one in record.meant(statement.subject) if one.kind is not SymbolKind.MODULE]
    heads = [(one, _head(record, one)) for one in functions]
    told = [(one, given) for one, head in heads for given in _defaults(head, parameter)]
    if any(_same(given, value) for _, given in told):
        shown = not cited.citations or any(
            cited.touches(one)
            and (cited.names_line(one) or (mentions(cited.text, parameter) and _holds_value(cited.text, value)))
            for one, _ in told
        )
        return VERIFIED if shown else refuted(f"{cited.places} does not show `{parameter}`")
    if told:
        return refuted(f"the default of `{parameter}` is `{told[0][1]}`, not `{value}`")
    if (
        mentions(cited.text, parameter)
        and _holds_value(cited.text, value)
        and not (functions and not any(map(cited.touches, functions)))
    ):
        return VERIFIED
    if functions and not any(mentions(head, parameter) for _, head in heads):
        return refuted(f"`{statement.subject}` has no parameter `{parameter}`")
    return refuted(f"{cited.places} does not say that `{parameter}` is `{value}`")


def _head(record: Record, symbol: Symbol) -> str:
    return "\n".join(record.body(symbol).split("\n")[:_HEAD_LINES])


def _defaults(head: str, parameter: str) -> list[str]:
    """Return the defaults that the head of a function gives a parameter."""
    found = re.finditer(rf"(?<![\w.]){re.escape(parameter)}\??(?:\s*:\s*[^=,()]+)?\s*=(?!=)\s*", head)
    return [_value_at(head, one.end()) for one in found]


def _value_at(text: str, start: int) -> str:
    """Return the expression that begins at `start`: up to a comma or bracket that closes it, strings as they are."""
    depth, quote = 0, ""
    for at in range(start, min(len(text), start + 200)):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}" or (sign in ",;\n" and depth == 0):
            if depth == 0:
                return text[start:at].strip()
            depth -= 1
    return text[start : start + 200].strip()


def _same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(value: str) -> str:
    return re.sub(r"[\s\"'`]", "", value).removesuffix("()")


def _holds_value(text: str, value: str) -> bool:
    bare = _bare(value)
    if re.fullmatch(r"[\w.$]+", bare):
        before = r"(?<![\w.])" if bare[0].isdigit() else r"(?<!\w)"
        return re.search(rf"{before}{re.escape(bare)}(?![\w]|\.\d)", text) is not None
    return bare in _bare(text)


def raises(record: Record, statement: Statement, cited: Cited) -> Ruling:
    told = statement.value.text if statement.value is not None else ""
    is_error = re.match(r"[\w.:]*(?:[A-Z]\w*$|[Ee]rr)", told) is not None and told not in ("True", "False", "None")
    return _in_body(record, statement, cited, _FAILS if is_error else _THROWS, "raises")


def returns(record: Record, statement: Statement, cited: Cited) -> Ruling:
    return _in_body(record, statement, cited, _GIVES, "returns")


def _in_body(record: Record, statement: Statement, cited: Cited, sign: re.Pattern[str], verb: str) -> Ruling:
    assert statement.value is not None
    value = statement.value.text
    owners = [one for one in record.meant(statement.subject) if one.kind is not SymbolKind.MODULE]

    def says(text: str) -> bool:
        rows = text.split("\n")
        return any(
            _holds_value(row, value) and (sign.search(row) or (at and sign.search(rows[at - 1])))
            for at, row in enumerate(rows)
        )

    if not owners:
        return VERIFIED if says(cited.text) and mentions(cited.text, statement.subject) else unverified(
            f"the index does not know `{statement.subject}`"
        )  # fmt: skip
    if not any(says(record.body(one)) for one in owners):
        return refuted(f"`{statement.subject}` does not say anywhere that it {verb} `{value}`")
    if cited.citations and not any(cited.touches(one) for one in owners):
        return refuted(f"{cited.places} is not in `{statement.subject}`")
    if cited.citations and not _holds_value(cited.text, value):
        return refuted(f"{cited.places} does not show `{value}`")
    return VERIFIED


def equals(record: Record, statement: Statement, cited: Cited) -> Ruling:
    assert statement.value is not None
    value = statement.value
    if value.is_name:
        return unverified("") if not mentions(cited.text, value.text) else VERIFIED
    rows = [row for row in cited.text.split("\n") if mentions(row, statement.subject)]
    if any(_holds_value(row, value.text) for row in rows):
        return VERIFIED
    if _holds_value(cited.text, value.text) and rows:
        return VERIFIED
    definitions = [record.body(one) for one in record.meant(statement.subject)[:5] if one.kind is SymbolKind.VARIABLE]
    if definitions and not any(_holds_value(text, value.text) for text in definitions):
        return refuted(f"`{statement.subject}` is not {value.text}")
    return refuted(f"{cited.places} does not say that `{statement.subject}` is {value.text}")


def defined(record: Record, statement: Statement, cited: Cited) -> Ruling:
    known = record.meant(statement.subject)
    if any(cited.names_line(one) for one in known):
        return VERIFIED
    if known:
        place = f"{known[0].path}:{known[0].line}"
        return refuted(f"`{statement.subject}` is not defined at {cited.places} but at {place}")
    defined = mentions(cited.text, statement.subject)
    return VERIFIED if defined else refuted(f"{cited.places} does not name `{statement.subject}`")


def member(record: Record, statement: Statement, cited: Cited) -> Ruling:
    """subject is said to belong to object."""
    owners = [one for one in record.meant(statement.object) if one.kind in (*_HOLDERS, SymbolKind.MODULE)]
    name = SEPARATORS.split(statement.subject.removesuffix("()"))[-1]
    if not owners:
        both = mentions(cited.text, statement.object) and mentions(cited.text, name)
        return VERIFIED if both else unverified(f"the index knows no class `{statement.object}`")
    members = record.meant(f"{statement.object}.{name}")
    if members and (not cited.citations or any(cited.names_line(one) for one in members)):
        return VERIFIED
    inside = any(cited.touches(owner) for owner in owners) and mentions(cited.text, name)
    if inside:
        return VERIFIED
    if members:
        return refuted(f"{cited.places} does not show `{statement.subject}` of `{statement.object}`")
    return refuted(f"`{statement.object}` has no `{name}`")


def mentioned(record: Record, statement: Statement, cited: Cited) -> Ruling:
    owners = record.meant(statement.subject)
    if not owners:
        return unverified(f"the index does not know `{statement.subject}`")
    if not any(mentions(record.body(one), statement.object) for one in owners):
        return refuted(f"`{statement.subject}` does not mention `{statement.object}`")
    if not cited.citations:
        return VERIFIED
    if any(cited.touches(one) for one in owners) and mentions(cited.text, statement.object):
        return VERIFIED
    return refuted(f"{cited.places} does not show `{statement.object}` in `{statement.subject}`")
