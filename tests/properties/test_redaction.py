"""Whatever the text: redacting keeps every length and line break, changes bytes only to `*`, and twice is once."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.redaction import TextRedactor
from tests.unit.guardrails import planted_secrets as planted

REDACTOR = TextRedactor()
_RNG = Random(11)
_SECRETS = [
    *planted.tokens(_RNG).values(),
    *(line for line, _ in planted.assigned(_RNG).values()),
    planted.private_key(_RNG)[0],
    planted.private_key(_RNG, "\r\n")[0],
]
_SCRAPS = [
    'password = "', '"', "'", "\n", "\r\n", "token: ", "://", ":", "@", "-----BEGIN PRIV" + "ATE KEY-----", "eyJ", ".", "*",
    "****", "secret=", "login x password ", "machine ", "Bearer ", "Basic ", "a" * 9, "b" * 10, "\\n", "{", "}", "api_key", "a1B2", "\x00", "é", " ",
]  # fmt: skip
PIECES = st.lists(st.one_of(st.sampled_from(_SECRETS), st.sampled_from(_SCRAPS), st.text(max_size=20)), max_size=12)


@settings(max_examples=150, deadline=None)
@given(pieces=PIECES, cut=st.integers(0, 400), path=st.sampled_from(["a.py", "b.md", ""]))
def test_shape_stays_and_twice_is_once(pieces: list[str], cut: int, path: str) -> None:
    source = "".join(pieces).encode("utf-8", "surrogatepass")[cut // 8 :]
    once, findings = REDACTOR.redact(source, path)
    assert len(once) == len(source)
    assert all(was == now or (now == 42 and was not in b"\r\n") for was, now in zip(source, once, strict=True))
    assert (once != source) == bool(findings)
    twice, more = REDACTOR.redact(once, path)
    assert twice == once
    assert more == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), before=st.text(max_size=40), after=st.text(max_size=40))
def test_a_token_never_survives_its_surroundings(seed: int, before: str, after: str) -> None:
    for name, token in planted.tokens(Random(seed)).items():
        if name != "azure storage":
            source = f'{before}\n"{token}"\n{after}'.encode("utf-8", "surrogatepass")
            assert token[-16:].encode() not in REDACTOR.redact(source)[0]
