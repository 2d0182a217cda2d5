"""Secrets that are recognised by their own form: vendors' tokens, keys, URLs with credentials, JSON Web Tokens.

Vendor patterns come from detect-secrets' detector classes (their `denylist`), run over whole files as bytes behind
a literal that any match must hold; a class is imported when its literal is first met, because the package takes 0.1 s
to load. Forms that it lacks, or cuts short, are ours.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from guardrails.secret_assignments import Span
from guardrails.secret_values import is_secret_value

Gate = bytes | re.Pattern[bytes]
Finder = Callable[[bytes], Iterator[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of secret. `gate`: cheap test that every text with such a secret passes."""

    kind: str
    gate: Gate
    find: Finder


def iter_forms(text: bytes) -> Iterator[Span]:
    """Yield the secrets that have a form of their own, in no particular order; spans may overlap."""
    opened: dict[Gate, bool] = {}
    for rule in RULES:
        gate = rule.gate
        if gate not in opened:
            opened[gate] = gate in text if isinstance(gate, bytes) else gate.search(text) is not None
        if opened[gate]:
            for start, end in rule.find(text):
                yield start, end, rule.kind


_REST_OF_WORD = re.compile(rb"[A-Za-z0-9_]*")


def _stands_alone(text: bytes, start: int) -> bool:
    """Whether no word goes on into the match; an escape such as the n of a backslash-n does not count as a word."""
    if start == 0 or not text[start - 1 : start].isalnum() or not text[start : start + 1].isalnum():
        return True
    return text[start - 2 : start - 1] == b"\\"


def _pattern(pattern: bytes, group: int = 0) -> Finder:
    compiled = re.compile(pattern)

    def find(text: bytes) -> Iterator[tuple[int, int]]:
        for match in compiled.finditer(text):
            if _stands_alone(text, match.start(group)):
                yield match.span(group)

    return find


@cache
def _denylist(module: str, name: str) -> tuple[re.Pattern[bytes], ...]:
    # Imported on first need: loading detect-secrets costs every worker 0.1 s, and most repositories never need it.
    detector = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
    return tuple(re.compile(item.pattern.encode("ascii"), item.flags & ~re.UNICODE) for item in detector.denylist)


def _detector(module: str, name: str, group: int = 0, needs: re.Pattern[bytes] | None = None) -> Finder:
    """Find with a detect-secrets class. The rest of the word is taken too: tokens grow longer than its patterns.

    needs: what every match holds, where the gate is shared and lets others through: no worker loads the package for these.
    """

    def find(text: bytes) -> Iterator[tuple[int, int]]:
        if needs is not None and not needs.search(text):
            return
        for pattern in _denylist(module, name):
            for match in pattern.finditer(text):
                start, end = match.span(group if group <= pattern.groups else 0)
                if _stands_alone(text, start):
                    rest = _REST_OF_WORD.match(text, end)
                    yield start, rest.end() if rest else end

    return find


_KEY_BLOCK = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(rb"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_KEY_RUN = re.compile(rb"\\[nrt]|([A-Za-z0-9+/=]+)")
_KEY_LINES = re.compile(rb"(?:[ \t#*>|\"'`+,;]*(?:\\[nr])*[A-Za-z0-9+/=]{16,}(?:\\[nr])*[\"'`+,; \t]*\r?\n?)+")
_KEY_LIMIT = 20_000


def _private_keys(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the base64 runs of PEM bodies. Quotes, comment marks and line breaks between them stay: code still parses."""
    begins = list(_KEY_BLOCK.finditer(text))
    # A body ends where the next one begins: many marks without ends must not each be read to the limit.
    bounds = [*(begin.start() for begin in begins[1:]), len(text)]
    for begin, bound in zip(begins, bounds, strict=False):
        end = _KEY_END.search(text, begin.end(), min(begin.end() + _KEY_LIMIT, bound))
        if end:
            stop = end.start()
        else:
            cut_short = _KEY_LINES.match(text, begin.end() + _line_break(text, begin.end()), bound)
            stop = cut_short.end() if cut_short else begin.end()
        runs = [
            match.span(1) for match in _KEY_RUN.finditer(text, begin.end(), stop) if match[1] and match[1].strip(b"+/=")
        ]
        longest = max((last - first for first, last in runs), default=0)
        # A program that parses PEM names both marks with code between them, not 24 letters of base64 in a row.
        if longest >= 24 and sum(last - first for first, last in runs) * 10 >= (stop - begin.end()) * 6:
            yield from runs


def _line_break(text: bytes, at: int) -> int:
    match = re.compile(rb"(?:\\[nr]|[\"'`+,; \t])*\r?\n?").match(text, at)
    return len(match.group()) if match else 0


_URL = re.compile(rb"://([^\s/?#\"'`@:<>(){}\[\]]{0,64}):([^\s/?#\"'`<>]{1,256})@[\w\[$.{%-]")
_URL_TEMPLATE = re.compile(rb"[{}<>$()]|%[sdv(]|^\*+$|^x+$|^\.+$", re.I)
_PLACEHOLDERS = frozenset(
    b"pass password passwd pwd passphrase secret token key user username guest port pw psw mypass mypassword".split()
)


_VARIABLE = re.compile(rb"\{.*\}\S*|<.*>|\$.*|%\S*s")
_NETRC = re.compile(rb"(?:machine\s+\S+|default)\s+login\s+\S+\s+password\s+([^\s\"']{4,})")


def _url_credentials(text: bytes) -> Iterator[tuple[int, int]]:
    for match in _URL.finditer(text):
        user, password = match.groups()
        lowered = password.lower()
        if lowered not in _PLACEHOLDERS and password != user and not _URL_TEMPLATE.search(password):
            yield match.span(2)


_IS_MIXED = re.compile(rb"(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])")


_BEARER = re.compile(rb"earer[ \t]+([A-Za-z0-9+/_\-.=~]{16,})")
_BASIC = re.compile(rb"asic ([A-Za-z0-9+/]{8,}={0,2})")


def _bearer_tokens(text: bytes) -> Iterator[tuple[int, int]]:
    for match in _BEARER.finditer(text):
        if is_secret_value(match[1].decode("ascii"), password=False):
            yield match.span(1)


def _basic_credentials(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield what decodes to `user:password` (RFC 7617), so that no word after "basic" is taken for one."""
    for match in _BASIC.finditer(text):
        digits = match[1].rstrip(b"=")
        if len(digits) % 4 != 1:  # such a length no base64 has
            decoded = b64decode(digits + b"=" * (-len(digits) % 4))
            if b":" in decoded and decoded.isascii():
                yield match.span(1)


def _mixed(pattern: bytes, group: int = 0) -> Finder:
    """Find with a pattern that has no mark of its own: it must hold a digit, a capital and a small letter."""
    inner = _pattern(pattern, group)

    def find(text: bytes) -> Iterator[tuple[int, int]]:
        return ((start, end) for start, end in inner(text) if _IS_MIXED.match(text[start:end]))

    return find


def _netrc_passwords(text: bytes) -> Iterator[tuple[int, int]]:
    for match in _NETRC.finditer(text):
        if match[1].lower() not in _PLACEHOLDERS and not _VARIABLE.fullmatch(match[1]):
            yield match.span(1)


# A gate that starts with one fixed letter runs at the speed of memchr, so kinds that start alike share a gate: twenty
# gates cost 10 ms a megabyte, one for each kind would cost 25.
_A_GATE = re.compile(rb"A(?:(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])[0-9A-Z]{16}|Iza|KC|C[a-z0-9]{32}|cc(?:ount|ess)Key=)")
_S_GATE = re.compile(rb"S(?:G\.|K[a-z0-9]{32})")
_G_GATE = re.compile(rb"g(?:h[pousr]_|ithub_pat_|l[a-z]{2,6}-[A-Za-z0-9_\-]{20})")
_X_GATE = re.compile(rb"x(?:ox[abeoprs]|app)-")
_K_GATE = re.compile(rb"k(?:_live_|_test_|-proj-|-ant-)")
_V_GATE = re.compile(rb"v1_[a-f0-9]{64}")
_DISCORD_GATE = re.compile(rb"\.[\w\-]{6}\.[\w\-]{27}")

_AWS = re.compile(rb"A(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])[0-9A-Z]{16}|aws", re.I)
_TWILIO = re.compile(rb"(?:AC|SK)[a-z0-9]{32}")
_SENDGRID = re.compile(rb"SG\.[A-Za-z0-9_\-]{22}")
_GITHUB = re.compile(rb"gh[pousr]_[A-Za-z0-9_]{36}")
_GITLAB = re.compile(rb"(?:(?<![A-Za-z0-9])|(?<=\\[A-Za-z0-9]))gl[a-z]{2,6}-[A-Za-z0-9_\-]{20}")

_CANARIES_IN_BASE64 = (b"Y2xldy1jYW5hcnkt", b"NsZXctY2FuYXJ5L", b"jbGV3LWNhbmFyeS")
"""`clew-canary-` at its three alignments. Each is a gate of its own: one pattern for all, with the letters that may stand before,
took two thirds of the time of all rules."""

RULES: tuple[Rule, ...] = (
    Rule("AWS Access Key", _A_GATE, _detector("aws", "AWSKeyDetector", 1, _AWS)),
    Rule("Google API Key", _A_GATE, _pattern(rb"AIza[0-9A-Za-z_\-]{35,}")),
    Rule("Azure Access Key", _A_GATE, _pattern(rb"Acc(?:ount|ess)Key=([A-Za-z0-9+/=]{32,})", 1)),
    Rule("Artifactory Credentials", _A_GATE, _mixed(rb"AKC[a-zA-Z0-9]{20,}")),
    Rule("Twilio API Key", _A_GATE, _detector("twilio", "TwilioKeyDetector", needs=_TWILIO)),
    Rule("Twilio API Key", _S_GATE, _detector("twilio", "TwilioKeyDetector", needs=_TWILIO)),
    Rule("SendGrid API Key", _S_GATE, _detector("sendgrid", "SendGridDetector", needs=_SENDGRID)),
    Rule("GitHub Token", _G_GATE, _detector("github_token", "GitHubTokenDetector", needs=_GITHUB)),
    Rule("GitHub Token", _G_GATE, _pattern(rb"github_pat_[A-Za-z0-9_]{22,}")),
    Rule("GitLab Token", _G_GATE, _detector("gitlab_token", "GitLabTokenDetector", needs=_GITLAB)),
    Rule("GitLab Token", b"GR1348941", _detector("gitlab_token", "GitLabTokenDetector")),
    Rule("Slack Token", _X_GATE, _pattern(rb"xox[abeoprs]-[A-Za-z0-9\-]{10,}")),
    Rule("Slack Token", _X_GATE, _pattern(rb"xapp-\d-[A-Za-z0-9\-]{20,}")),
    Rule("Slack Webhook", b"hooks.slack.com/", _detector("slack", "SlackDetector")),
    Rule("Stripe Access Key", _K_GATE, _pattern(rb"[rs]k_(?:live|test)_[0-9a-zA-Z]{16,}")),
    Rule("OpenAI Token", _K_GATE, _pattern(rb"sk-proj-[A-Za-z0-9_\-]{32,}")),
    Rule("OpenAI Token", b"T3BlbkFJ", _detector("openai", "OpenAIDetector")),
    Rule("Anthropic Token", _K_GATE, _pattern(rb"sk-ant-[A-Za-z0-9_\-]{20,}")),
    Rule("Stripe Webhook Secret", b"whsec_", _pattern(rb"whsec_[0-9a-zA-Z+/=]{24,}")),
    Rule("NPM Token", b"npm_", _pattern(rb"npm_[A-Za-z0-9]{30,}")),
    Rule("NPM Token", b"_authToken", _pattern(rb":_authToken[ \t]*=[ \t]*([A-Za-z0-9_\-+/=.]{16,})", 1)),
    Rule("PyPI Token", b"pypi-Ag", _pattern(rb"pypi-Ag[A-Za-z0-9_\-]{50,}")),
    Rule("Google OAuth Token", b"ya29.", _pattern(rb"ya29\.[0-9A-Za-z_\-]{20,}")),
    Rule("Azure SAS Signature", b"sig=", _pattern(rb"[?&;]sig=([A-Za-z0-9%+/=_\-]{40,})", 1)),
    Rule("Hugging Face Token", b"hf_", _mixed(rb"hf_[A-Za-z0-9]{30,}")),
    Rule("DigitalOcean Token", _V_GATE, _pattern(rb"do[opr]_v1_[a-f0-9]{64}")),
    Rule("Square OAuth Secret", b"sq0csp-", _detector("square_oauth", "SquareOAuthDetector")),
    Rule("Mailchimp Access Key", re.compile(rb"-us[0-9]"), _detector("mailchimp", "MailchimpDetector")),
    Rule("Telegram Bot Token", b":AA", _detector("telegram_token", "TelegramBotTokenDetector")),
    Rule("Discord Bot Token", _DISCORD_GATE, _mixed(rb"[MNO][\w\-]{23,25}\.[\w\-]{6}\.[\w\-]{27,}")),
    Rule("Cloudant Credentials", b"cloudant", _detector("cloudant", "CloudantDetector", 1)),
    Rule("SoftLayer Credentials", b"softlayer", _detector("softlayer", "SoftlayerDetector", 1)),
    Rule("JSON Web Token", b"eyJ", _pattern(rb"eyJ[\w\-=]{8,2000}+\.[\w\-=]{8,}(?:\.[\w\-=]*){0,3}")),
    Rule("Private Key", b"PRIVATE KEY", _private_keys),
    Rule("Private Key", b"Private-Lines:", _pattern(rb"Private-Lines: \d+\r?\n((?:[ \t]*[A-Za-z0-9+/=]+\r?\n)+)", 1)),
    Rule("Basic Auth Credentials", b"://", _url_credentials),
    Rule("Authorization Header", b"earer ", _bearer_tokens),
    Rule("Authorization Header", _BASIC, _basic_credentials),
    Rule("Planted Canary", b"clew-canary-", _pattern(rb"clew-canary-[0-9a-f]{16,64}")),
    Rule("Planted Canary", b"636c65772d63616e6172792d", _pattern(rb"636c65772d63616e6172792d[0-9a-f]{32,}")),
    *(
        Rule("Planted Canary", mark, _pattern(rb"[A-Za-z0-9+/]{0,200}" + mark + rb"[A-Za-z0-9+/]{8,}={0,2}"))
        for mark in _CANARIES_IN_BASE64
    ),
    Rule("netrc Password", b"login ", _netrc_passwords),
)
