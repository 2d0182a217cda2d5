"""Takes secrets and personal data out of text before anything is stored or shown, by `TextRedactor`.

Every byte of them becomes `*`; byte length, line breaks and columns stay, so positions in the redacted text are positions in
the file. What a secret looks like is said in `secret_rules` (own form) and `secret_assignments` (name), what personal data
looks like in `personal_data`.
"""

from __future__ import annotations

import re

from guardrails.personal_data import KINDS, iter_personal
from guardrails.secret_assignments import Span, iter_assignments
from guardrails.secret_rules import iter_forms
from knowledge.evidence import Finding

SECRETS_GATE = "secrets"
PERSONAL_GATE = "personal_data"
RULES_VERSION = 3
"""Raise it with every change of a rule: what was masked by older rules is then read and masked again."""
_MASKED = re.compile(rb"[^\r\n]")
_BLANK = b"*\r\n\t "


class TextRedactor:
    """Stateless; safe to share between threads and to send to a worker process."""

    def redact(self, text: bytes, path: str = "") -> tuple[bytes, list[Finding]]:
        """Return the text with everything masked that must not be kept, and one finding each, by line. Twice is once."""
        spans = find(text, path)
        if not spans:
            return text, []
        findings: list[Finding] = []
        # A mask can bare a second secret (a token inside a longer value), so look again until nothing is left. Each
        # round masks at least one byte more, and real text needs two.
        while spans:
            findings += _findings(text, path, spans)
            text = _mask(text, spans)
            spans = find(text, path)
        findings.sort(key=lambda finding: finding.line or 0)
        return text, findings


def find(text: bytes, path: str = "") -> list[Span]:
    """Return what is to be masked as disjoint spans in order; of overlapping kinds the one that starts first names it."""
    found = [*iter_forms(text), *iter_assignments(text, path), *iter_personal(text)]
    merged: list[Span] = []
    for start, end, kind in sorted(found):
        if not text[start:end].strip(_BLANK):
            continue
        if merged and start < merged[-1][1]:
            last = merged[-1]
            merged[-1] = (last[0], max(last[1], end), last[2])
        else:
            merged.append((start, end, kind))
    return merged


def _mask(text: bytes, spans: list[Span]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for start, end, _ in spans:
        pieces += (text[at:start], _MASKED.sub(b"*", text[start:end]))
        at = end
    pieces.append(text[at:])
    return b"".join(pieces)


def _findings(text: bytes, path: str, spans: list[Span]) -> list[Finding]:
    """Return one finding a secret; the lines of one private key are one secret."""
    findings: list[Finding] = []
    line, at, previous = 1, 0, 0
    for start, end, kind in spans:
        line += text.count(b"\n", at, start)
        at = start
        goes_on = findings and findings[-1].kind == kind == "Private Key" and start - previous < 64
        previous = end
        if not goes_on:
            is_personal = kind in KINDS
            message = f"{kind} masked" if is_personal else f"{kind} masked; revoke it if it was ever real"
            gate, severity = (PERSONAL_GATE, "info") if is_personal else (SECRETS_GATE, "warning")
            findings.append(Finding(gate, kind, severity, message, 0.9, "repair", path or None, line))
    return findings
