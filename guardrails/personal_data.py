"""Personal data that has a form of its own: mail addresses, telephone numbers, bank and card numbers, national numbers.

A candidate is found by its shape and counts only when its check digits or numbering plan say that it is real
(python-stdnum, phonenumbers). Names, postal addresses and IP addresses have no such form and are not looked for. Shapes
that ordinary numbers have too (eleven digits in a row) count only beside a word that says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from guardrails.secret_assignments import Span

LABEL_REACH = 48
"""Bytes before a number in which a word may say what it is."""
LOCAL_PART_LIMIT = 64

_DOMAIN = re.compile(
    rb"@([A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,6}\.[A-Za-z]{2,24})(?![A-Za-z0-9_(])"
)
_LOCAL_PART = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9._%+\-]{0,63}\Z")
_NOT_PERSONAL = re.compile(
    rb"(?:\A|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|local|localhost|localdomain)\Z", re.I
)
_ROLES = frozenset(
    b"git hg svn noreply no-reply donotreply info support admin security contact help hello sales office abuse postmaster webmaster root "
    b"hostmaster mailer-daemon bot user username name email you your-email someone foo bar".split()
)
_FILE_ENDINGS = frozenset(b"png jpg jpeg gif svg webp css js ts py md html json so dll lib".split())
_PHONE = re.compile(
    rb"(?<![\w.+\-])(?:\+\d[\d ().\-/\xa0\xc2]{6,20}\d|\(\d{2,5}\) ?\d{2,4}[ \-]\d{2,6}|\d{3}[\-.]\d{3}[\-.]\d{4})(?![\w\-.]?\d)"
)
_IBAN = re.compile(rb"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
_CARD = re.compile(
    rb"(?<![\w.\-])(?:[3-6]\d{3}([ \-])\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ \-])\d{6}\2\d{5}|[3-6]\d{14,15})(?![\w\-]|\.\d)"
)


@dataclass(frozen=True, slots=True)
class _Number:
    """A kind of number. module: of stdnum, whose `is_valid` decides. label: what must stand before it, None: nothing."""

    kind: str
    shape: re.Pattern[bytes]
    module: str
    label: re.Pattern[bytes] | None = None


def _label(words: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![a-z])(?:" + words + rb")(?![a-z])", re.I)


_NUMBERS = (
    _Number("US SSN", re.compile(rb"(?<![\w\-.])\d{3}-\d{2}-\d{4}(?![\w\-]|\.\d)"), "us.ssn"),
    _Number("UK National Insurance", re.compile(rb"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])"), "", _label(rb"n\.?i\.?|nino|insurance")),
    _Number("UK NHS", re.compile(rb"(?<![\w\-.])\d{3}[ \-]?\d{3}[ \-]?\d{4}(?![\w\-]|\.\d)"), "gb.nhs", _label(rb"nhs|patient")),
    _Number("French NIR", re.compile(rb"(?<![\w\-.])[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}(?![\w\-]|\.\d)"), "fr.nir", _label(rb"nir|insee|s\xc3\xa9curit\xc3\xa9 sociale|securite sociale|num\xc3\xa9ro de s\xc3\xa9cu|ssn")),
    _Number("German tax id", re.compile(rb"(?<![\w\-.])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w\-]|\.\d)"), "de.idnr", _label(rb"steuer-?id(?:entifikationsnummer|nr)?|idnr|tax[ _\-]?id|tin")),
    _Number("Spanish DNI", re.compile(rb"(?<![\w\-.])(?:\d{8}|[XYZ]\d{7})-?[A-HJ-NP-TV-Z](?![\w\-])"), "es.nif", _label(rb"dni|nif|nie|documento")),
    _Number("Italian tax code", re.compile(rb"(?<![A-Za-z0-9])[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])"), "it.codicefiscale"),
    _Number("Dutch BSN", re.compile(rb"(?<![\w\-.])\d{4}\.?\d{2}\.?\d{3}(?![\w\-]|\.\d)"), "nl.bsn", _label(rb"bsn|burgerservicenummer|sofi")),
    _Number("Polish PESEL", re.compile(rb"(?<![\w\-.])\d{11}(?![\w\-]|\.\d)"), "pl.pesel", _label(rb"pesel")),
    _Number("Swiss AHV", re.compile(rb"(?<![\w\-.])756\.\d{4}\.\d{4}\.\d{2}(?![\w\-]|\.\d)"), "ch.ssn"),
    _Number("Brazilian CPF", re.compile(rb"(?<![\w\-.])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w\-])"), "br.cpf"),
    _Number("Indian Aadhaar", re.compile(rb"(?<![\w\-.])[2-9]\d{3}[ \-]?\d{4}[ \-]?\d{4}(?![\w\-]|\.\d)"), "in_.aadhaar", _label(rb"aadhaar|aadhar|uidai")),
)  # fmt: skip
KINDS = frozenset({"mail address", "telephone number", "IBAN", "card number", *(number.kind for number in _NUMBERS)})
_CARD_LABEL = _label(rb"card(?:[ _\-]?(?:no|number|num))?|credit|debit|visa|mastercard|amex|pan|cc")
_ANCHOR = re.compile(rb"\d(?:[ .()\-/\xa0\xc2]{0,3}\d){6,}|[A-Z]{2} ?\d{2}")
"""What every number above has in it, and little else has: the shapes are tried round such places only."""
_OUTLINE = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 10 + b"A" * 26)
_BETWEEN_DIGITS = b" .()-/\xa0\xc2"
_STRETCH = 1_000
"""Bytes, to the end of their last line, that are asked at once whether such a place may be in them."""
_BEFORE, _AFTER = 16, 40


def iter_personal(text: bytes) -> Iterator[Span]:
    """Yield the personal data in a text, in no particular order; spans may overlap."""
    if b"@" in text:
        yield from _mail_addresses(text)
    for start, end in _windows(text):
        yield from _phones(text, start, end)
        yield from _accounts(text, start, end)
        for number in _NUMBERS:
            yield from _numbers(text, number, start, end)


def _windows(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which a number may stand, disjoint, each within a line and ending between words."""
    start = end = -1
    for match in _anchors(text):
        line_end = text.find(b"\n", match.end())
        last = min(len(text) if line_end < 0 else line_end, match.end() + _AFTER)
        while last < len(text) and (text[last : last + 1].isalnum() or text[last : last + 1] in b"-._"):
            last += 1
        if match.start() - _BEFORE <= end:
            end = max(end, last)
            continue
        if end > 0:
            yield start, end
        start, end = max(text.rfind(b"\n", 0, match.start()) + 1, match.start() - _BEFORE), last
    if end > 0:
        yield start, end


def _anchors(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the places of `_ANCHOR`, which tries every digit and capital: only where seven digits or two of each are left in a row."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _STRETCH)
        end = len(text) if end < 0 else end
        outline = text[start:end].translate(_OUTLINE, _BETWEEN_DIGITS)
        if b"0000000" in outline or b"AA00" in outline:
            yield from _ANCHOR.finditer(text, start, end)
        start = end


def _mail_addresses(text: bytes) -> Iterator[Span]:
    for match in _DOMAIN.finditer(text):
        at = match.start()
        local = _LOCAL_PART.search(text, max(0, at - LOCAL_PART_LIMIT), at)
        domain = match[1].lower()
        if local is None or _NOT_PERSONAL.search(domain) or domain.rpartition(b".")[2] in _FILE_ENDINGS:
            continue
        start = local.start()
        if (
            local[0].lower().split(b"+")[0] in _ROLES
            or text[start - 1 : start] in (b"/", b":", b"@")
            or text[match.end() : match.end() + 2] in (b":/", b":~")
        ):
            continue  # `git@host:path`, `user@host` in a URL: an account of a machine
        yield start, match.end(), "mail address"


def _phones(text: bytes, begin: int, stop: int) -> Iterator[Span]:
    for match in _PHONE.finditer(text, begin, stop):
        written = match[0].decode("utf-8", "replace")
        if _is_phone(written):
            yield match.start(), match.end(), "telephone number"


@cache
def _numbering() -> object:
    return import_module("phonenumbers")  # start-up time: the numbering plans of all countries


def _is_phone(written: str) -> bool:
    """Whether the number can be dialled: by its country's plan, or the North American one where it names no country."""
    plans = _numbering()
    try:
        number = plans.parse(written, None if written.startswith("+") else "US")  # type: ignore[attr-defined]
    except plans.NumberParseException:  # type: ignore[attr-defined]
        return False
    return bool(plans.is_valid_number(number))  # type: ignore[attr-defined]


def _accounts(text: bytes, begin: int, stop: int) -> Iterator[Span]:
    for match in _IBAN.finditer(text, begin, stop):
        if _is_valid("iban", match[0]):
            yield match.start(), match.end(), "IBAN"
    for match in _CARD.finditer(text, begin, stop):
        grouped = match[1] or match[2]
        if (grouped or _is_labelled(text, match.start(), _CARD_LABEL)) and _is_valid("luhn", match[0]):
            yield match.start(), match.end(), "card number"


def _numbers(text: bytes, number: _Number, begin: int, stop: int) -> Iterator[Span]:
    for match in number.shape.finditer(text, begin, stop):
        if number.label is not None and not _is_labelled(text, match.start(), number.label):
            continue
        if not number.module or _is_valid(number.module, match[0]):
            yield match.start(), match.end(), number.kind


def _is_labelled(text: bytes, start: int, label: re.Pattern[bytes]) -> bool:
    line = text.rfind(b"\n", 0, start) + 1
    return label.search(text, max(line, start - LABEL_REACH), start) is not None


@cache
def _validator(module: str) -> Callable[[str], bool]:
    valid: Callable[[str], bool] = import_module(
        f"stdnum.{module}"
    ).is_valid  # start-up time: one small module a country
    return valid


def _is_valid(module: str, written: bytes) -> bool:
    return _validator(module)(written.decode("ascii", "replace").replace(" ", "").replace("-", ""))
