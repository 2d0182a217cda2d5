"""The redactor over planted secrets (none may remain) and over look-alikes (none may be touched)."""

from __future__ import annotations

import base64
import re
import time
from random import Random

import pytest

from guardrails import secret_rules
from guardrails.redaction import TextRedactor
from tests.unit.guardrails import planted_secrets as planted

REDACTOR = TextRedactor()
AROUND = [
    'x = "{}"\n',
    "y = ['{}', 1]\n",
    "# see {}\n",
    "curl -H 'X: {}' https://example.org\n",
    'print("first\\n{}\\n")\n',
    "{}",
    "url?k={}&v=1\n",
]


def redacted(text: str, path: str = "a.py") -> str:
    masked, _ = REDACTOR.redact(text.encode(), path)
    return masked.decode()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", planted.tokens(Random(0)))
def test_no_byte_of_a_token_remains(name: str, seed: int) -> None:
    token = planted.tokens(Random(seed))[name]
    for around in AROUND:
        if name == "azure storage":
            around = around.replace("{}", "Account" + "Key={};")
        source = around.replace("{}", token)
        assert redacted(source) == source.replace(token, "*" * len(token)) or name == "slack webhook", around
        assert token[-16:] not in redacted(source)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", planted.assigned(Random(0)))
def test_no_byte_of_an_assigned_secret_remains(name: str, seed: int) -> None:
    line, secret = planted.assigned(Random(seed))[name]
    source = f"before = 1\n{line}after = 2\n"
    masked, findings = REDACTOR.redact(source.encode(), "a.py")
    assert len(findings) == 1
    assert findings[0].line == 2 + line[: line.index(secret)].count("\n")
    if secret:
        assert secret.encode() not in masked
        expected = source.replace(secret, "*" * len(secret))
        assert masked.decode() == (expected if name != "url at" else expected.replace("*@x@", "***@"))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\\n", "\\n' +\n  '", '\\n"\n    "', "\n# ", "\n    ", "\n * "])
@pytest.mark.parametrize("seed", range(3))
def test_the_whole_body_of_a_private_key_goes_and_the_lines_stay(line_break: str, seed: int) -> None:
    block, lines = planted.private_key(Random(seed), line_break)
    source = f'KEY = """{block}"""\nafter = 1\n'.encode()
    masked, findings = REDACTOR.redact(source, "a.py")
    assert not any(line.encode() in masked for line in lines)
    assert not re.search(rb"[A-Za-z0-9+/]{20,}", masked)
    assert [position for position, byte in enumerate(masked) if byte in b"\r\n"] == [
        position for position, byte in enumerate(source) if byte in b"\r\n"
    ]
    assert masked.endswith(b"after = 1\n")
    assert [(finding.kind, finding.line) for finding in findings] == [
        ("Private Key", 1 if "\n" not in line_break else 2)
    ]


def test_a_private_key_that_is_cut_off_goes_too() -> None:
    block, lines = planted.private_key(Random(1))
    source = block[: block.rindex("\n")]
    masked, _ = REDACTOR.redact(source.encode(), "a.pem")
    assert not any(line.encode() in masked for line in lines)


HARMLESS = [
    'password = os.environ["APP_PASSWORD_1"]',
    'token = "<your token>"',
    'password = "changeme"',
    'password = "change-me-1"',
    'API_KEY = "your-api-key-123"',
    'api_key = "${API_KEY_1}"',
    'token = f"{prefix}{number1}"',
    'secret = "%(secret1)s"',
    'token = "{{ token_1 }}"',
    "def reset_password(password: str, token: Token2) -> None: ...",
    'token_type = "bearer2Token9x8y7z6w5v"',
    'PASSWORD_FIELD = "user1_p4ssw0rd_f13ld"',
    'passwordLabel = "Enter y0ur Passw0rd!"',
    '"password": "Password",',
    '"token.expired": "Your session has expired",',
    'token = "csrfmiddlewaretoken"',
    'tokenizer = "bert-base2-uncased-v1x9z"',
    'SECRET_KEY = "tests-1234567890"',
    'password = "xxxxxxxxxxxx"',
    'password = "************"',
    'kind = "AWS::IAM::AccessKey": "62d91b17309e76c8"',
    '"secret": "V1SecretProjection",',
    'key = "a8f5f167f44f4964e6c998dee827110c"',
    'url = "https://user:password@example.org/"',
    'url = "https://{user}:{password1}@example.org/"',
    'url = "amqp://guest:guest@localhost//"',
    'url = "http://localhost:8080/a@b"',
    'url = "https://user:%s@example.org" % secret1',
    'BEGIN = "-----BEGIN RSA PRIV" "ATE KEY-----"\nEND = "-----END RSA PRIV" "ATE KEY-----"'.replace('" "', ""),
    "token = secrets.token_hex(32)",
    'path = "/run/secrets/token_1a2b3c4d5e6f"',
    'password_file = "/etc/app/passw0rd1"',
    'secret = "/run/secrets/db_p4ssw0rd"',
    "from x import token2 as secret1",
    'if token == "(": depth += 1',
    'h = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
    'id = "550e8400-e29b-41d4-a716-446655440000"',
    "machine {host} login ada password {password1}",
    "the basic AuthenticationProviderFactory2 class",
    *("the basic " + "a1B2c3D4e5F6g7H8"[:length] for length in range(8, 17)),
]


@pytest.mark.parametrize("line", HARMLESS)
@pytest.mark.parametrize("path", ["a.py", "b.ts", "c.go"])
def test_a_look_alike_is_left_alone(line: str, path: str) -> None:
    assert redacted(line + "\n", path) == line + "\n"


def test_prose_and_settings_may_go_without_quotes() -> None:
    value = planted.text(Random(5), planted.BASE62, 16)
    assert value not in redacted(f"password: {value}\n", "README.md")
    assert value not in redacted(f"api_key = {value}\n", "settings.ini")
    assert redacted(f"    token: {value}\n", "a.py") == f"    token: {value}\n"


def test_a_finding_names_kind_and_line_and_never_the_secret() -> None:
    rng = Random(9)
    secrets = list(planted.tokens(rng).values())
    source = "\n".join(f'v{i} = "{secret}"' for i, secret in enumerate(secrets)).encode()
    _, findings = REDACTOR.redact(source, "app/a.py")
    said = repr(findings)
    assert not any(secret[6:] in said for secret in secrets)
    assert {finding.gate for finding in findings} == {"secrets"}
    assert {finding.path for finding in findings} == {"app/a.py"}
    assert [finding.line for finding in findings] == sorted(finding.line or 0 for finding in findings)
    assert "GitHub Token" in {finding.kind for finding in findings}


def test_text_without_secrets_comes_back_as_it_is() -> None:
    source = b"def f(token: str) -> str:\n    return token.upper()\n"
    masked, findings = REDACTOR.redact(source, "a.py")
    assert masked is source
    assert findings == []


def test_bytes_that_are_no_text_do_no_harm() -> None:
    rng = Random(3)
    noise = rng.randbytes(20_000)
    token = planted.tokens(rng)["github"].encode()
    masked, _ = REDACTOR.redact(noise + b"\n" + token + b"\n" + noise, "a.bin")
    assert token not in masked
    assert len(masked) == 2 * len(noise) + len(token) + 2


@pytest.mark.parametrize(
    "hostile",
    [
        (b"-----BEGIN PRIVATE KEY-----\n" * 700 + b"-----END PRIVATE KEY-----\n") * 5,
        b"eyJ" * 20_000,
        b"\n" * 200_000 + (b"x" * 205 + b" token=abcdef\n") * 300,
    ],
    ids=["marks without ends", "tokens without dots", "settings far from the start"],
)
def test_a_hostile_file_takes_no_time(hostile: bytes) -> None:
    started = time.process_time()
    TextRedactor().redact(hostile)
    assert time.process_time() - started < 1


def test_of_two_keys_in_a_row_both_bodies_go() -> None:
    body = base64.b64encode(bytes(range(96)))
    key = b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n-----END PRIVATE KEY-----\n"
    cut_off = b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n"
    assert TextRedactor().redact(cut_off + key)[0].count(b"*" * len(body)) == 2


def test_what_only_shares_a_gate_loads_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(module: str, name: str) -> tuple[re.Pattern[bytes], ...]:
        raise AssertionError(f"{module}.{name}")

    monkeypatch.setattr(secret_rules, "_denylist", loaded)
    others = b"AKC = AccountKey=1; MSG.text, aSG.b; ghp_width, github_pat_x, a single-runtime-chunk-of-the-bundle"
    assert list(secret_rules.iter_forms(others)) == []
