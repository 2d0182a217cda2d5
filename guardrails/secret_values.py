"""Is a string that is assigned to a secret-sounding name a secret? Names, placeholders, composition, entropy.

Refuses to look at anything but the name and the value: where they stand is `secret_assignments`' business.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from math import log2

_SAFE_TAILS = frozenset(
    [
        "name",
        "names",
        "url",
        "uri",
        "urls",
        "type",
        "types",
        "field",
        "fields",
        "path",
        "paths",
        "file",
        "files",
        "filename",
        "id",
        "ids",
        "label",
        "header",
        "headers",
        "prefix",
        "suffix",
        "format",
        "env",
        "var",
        "variable",
        "len",
        "length",
        "size",
        "count",
        "max",
        "min",
        "limit",
        "regex",
        "re",
        "pattern",
        "expiry",
        "expires",
        "expiration",
        "ttl",
        "lifetime",
        "endpoint",
        "algorithm",
        "alg",
        "scheme",
        "param",
        "params",
        "parameter",
        "hint",
        "message",
        "msg",
        "error",
        "errors",
        "title",
        "text",
        "placeholder",
        "prompt",
        "help",
        "description",
        "desc",
        "class",
        "style",
        "icon",
        "input",
        "output",
        "index",
        "pos",
        "position",
        "start",
        "end",
        "line",
        "column",
        "kind",
        "status",
        "state",
        "policy",
        "provider",
        "manager",
        "service",
        "backend",
        "handler",
        "store",
        "storage",
        "version",
        "model",
        "ref",
        "mode",
        "method",
        "source",
        "span",
        "chars",
        "charset",
        "alphabet",
        "characters",
        "delimiter",
        "separator",
        "pair",
        "generator",
        "factory",
        "function",
        "func",
        "callback",
        "arn",
    ]
)
"""Last words of a name that speaks about a secret without being one: `token_type`, `passwordField`."""

_WORD_OF_TAIL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_TEMPLATE = re.compile(r"\$\{|\$\(|\{\{|\{[\w.!:]*\}|%\(|%[sdvq]|<[\w .:-]*>|#\{|^\$\w+$|^@\w+@$|\[\[|__\w+__")
_PLACEHOLDER = re.compile(
    r"example|change.?me|changethis|placeholder|your|dummy|redacted|insert|replace|sample|fake|mock|todo|fixme|default"
    r"|undefined|foobar|foo.?bar|test|xxxx|\*\*\*|\.\.\.|not.?a.?secret|not.?secure|insecure|super.?secret|none|null"
    r"|password|passwd|my.?secret|my.?token|secret.?key|lorem|1234|abcd|qwert|admin"
)
_WORDS = re.compile(r"[A-Za-z]+\d{0,4}(?:[_\-./:@,+=|]+(?:[A-Za-z]+\d{0,4}|\d{1,4}))*[_\-./:,=]*")
"""Words with separators and short numbers: an identifier, a dotted name, a label, a media type."""
_SEGMENT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_PATH = re.compile(r"[./~\\]|[A-Za-z]:[\\/]|\w+://")
_CODE = re.compile(r"[(\[][^)\]]*[)\]]|->|=>|::|\\[dwsSDWb]")


def is_secret_name(tail: str, shouting: bool) -> bool:
    """Whether a name that goes on with `tail` after `password`, `token`, ... still names the secret itself.

    shouting: the keyword is written in capitals, so that a capital in the tail does not start a new word.
    """
    if not tail:
        return True
    if tail[0].isalpha() and (tail[0].islower() or shouting) and tail.lower() not in ("s", "phrase"):
        return False
    words = _WORD_OF_TAIL.findall(tail)
    return not words or words[-1].lower() not in _SAFE_TAILS


def is_secret_value(value: str, *, password: bool, strict: bool = False) -> bool:
    """Whether `value` has the make of a secret. A password may be short; a token or key must look random.

    strict: ask for randomness whatever the name, because the place alone says little.
    """
    lowered = value.lower()
    if len(set(value)) < 5 or _TEMPLATE.search(value) or _PLACEHOLDER.search(lowered):
        return False
    if _PATH.match(value) or _CODE.search(value) or not any(char.isalpha() for char in value):
        return False
    has_digit = any(char.isdigit() for char in value)
    if _WORDS.fullmatch(value):
        # `hunter2` may be a password; `oauth2_token` or `sha256` never is.
        return password and not strict and value.isalnum() and has_digit and len(value) >= 7
    if password and not strict:
        return len(value) >= 6 and (has_digit or _is_motley(value))
    return len(value) >= 12 and _looks_random(value, has_digit)


def entropy(value: str) -> float:
    """Return Shannon's entropy of the characters, in bits each: 0 for one repeated character, 4 for even hex."""
    total = len(value)
    return -sum(count / total * log2(count / total) for count in Counter(value).values())


def _is_motley(value: str) -> bool:
    special = any(not char.isalnum() and char not in "_-./: " for char in value)
    return special and len(value) >= 8 and value.lower() != value and value.upper() != value


def _looks_random(value: str, has_digit: bool) -> bool:
    if has_digit:
        if value.isalnum() and value.upper() != value and len(_SEGMENT.findall(value)) * 4 <= len(value):
            return False  # `V1SecretProjection`, `symbol2label`: words, not chance
        return entropy(value) >= (3.0 if len(value) >= 16 else 2.7)
    # Without a digit only a change of case every few letters tells a key from a CamelCase name.
    changes = sum(a.islower() != b.islower() for a, b in pairwise(value))
    return len(value) >= 20 and changes * 3 >= len(value) and entropy(value) >= 3.7
