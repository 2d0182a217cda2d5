"""Secrets made at run time from fixed seeds, so that this repository holds no literal that looks like one."""

from __future__ import annotations

import base64
import json
import string
from random import Random

LETTERS = string.ascii_letters
BASE62 = string.ascii_letters + string.digits
WORD = BASE62 + "_-"
HEX = "0123456789abcdef"


def text(rng: Random, alphabet: str, length: int) -> str:
    """Return random characters with at least one digit, capital and small letter where the alphabet has them."""
    while True:
        made = "".join(rng.choice(alphabet) for _ in range(length))
        needed = [
            kind
            for kind in (string.digits, string.ascii_uppercase, string.ascii_lowercase)
            if set(kind) <= set(alphabet)
        ]
        if all(set(kind) & set(made) for kind in needed) and made[-1].isalnum():
            return made


def private_key(rng: Random, line_break: str = "\n") -> tuple[str, list[str]]:
    """Return a PEM block and the lines of its body."""
    body = base64.b64encode(rng.randbytes(300)).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    marks = ["-----BEGIN RSA PRIV" + "ATE KEY-----", "-----END RSA PRIV" + "ATE KEY-----"]
    return line_break.join([marks[0], *lines, marks[1]]), lines


def web_token(rng: Random) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    header, claims = part({"alg": "HS256", "typ": "JWT"}), part({"sub": rng.randrange(10**9), "name": "Ada"})
    return f"{header}.{claims}.{text(rng, WORD, 43)}"


def tokens(rng: Random) -> dict[str, str]:
    """Return one token of each form, by a name for it."""
    upper = string.ascii_uppercase + string.digits
    lower = string.ascii_lowercase + string.digits
    return {
        "aws": "AK" + "IA" + text(rng, upper, 16),
        "aws session": "AS" + "IA" + text(rng, upper, 16),
        "google": "AI" + "za" + text(rng, WORD, 35),
        "google oauth": "ya" + "29." + text(rng, WORD, 60),
        "azure storage": text(rng, BASE62, 86) + "==",
        "github": "gh" + "p_" + text(rng, BASE62, 36),
        "github long": "gh" + "s_" + text(rng, BASE62, 80),
        "github fine": "github" + "_pat_" + text(rng, BASE62, 22) + "_" + text(rng, BASE62, 59),
        "gitlab": "gl" + "pat-" + text(rng, WORD, 20),
        "slack": "xo"
        + "xb-"
        + text(rng, string.digits, 12)
        + "-"
        + text(rng, string.digits, 13)
        + "-"
        + text(rng, BASE62, 24),
        "slack app": "xa"
        + "pp-1-"
        + text(rng, upper, 11)
        + "-"
        + text(rng, string.digits, 13)
        + "-"
        + text(rng, HEX, 64),
        "slack webhook": "https://hooks."
        + f"slack.com/services/T{text(rng, upper, 8)}/B{text(rng, upper, 8)}/{text(rng, BASE62, 24)}",
        "stripe": "sk" + "_live_" + text(rng, BASE62, 24),
        "stripe long": "rk" + "_live_" + text(rng, BASE62, 99),
        "stripe test": "sk" + "_test_" + text(rng, BASE62, 24),
        "npm": "np" + "m_" + text(rng, BASE62, 36),
        "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + text(rng, WORD, 100),
        "sendgrid": "S" + "G." + text(rng, WORD, 22) + "." + text(rng, WORD, 43),
        "openai": "sk" + "-" + text(rng, BASE62, 20) + "T3Blbk" + "FJ" + text(rng, BASE62, 20),
        "openai project": "sk" + "-proj-" + text(rng, WORD, 80),
        "anthropic": "sk" + "-ant-api03-" + text(rng, WORD, 93),
        "hugging face": "h" + "f_" + text(rng, BASE62, 34),
        "digital ocean": "do" + "p_v1_" + text(rng, HEX, 64),
        "twilio": "S" + "K" + text(rng, HEX, 32),
        "mailchimp": text(rng, lower, 32) + "-us12",
        "telegram": text(rng, "123456789", 9) + ":AA" + text(rng, WORD, 33),
        "square": "sq0" + "csp-" + text(rng, WORD, 43),
        "jwt": web_token(rng),
    }


def assigned(rng: Random) -> dict[str, tuple[str, str]]:
    """Return lines of code with the secret in each, by a name for the line."""
    password, key = text(rng, BASE62 + "!@#%^&*", 14), text(rng, BASE62, 32)
    hexed = text(rng, HEX, 40)
    basic = base64.b64encode(f"ada:{password}".encode()).decode()
    return {
        "python": (f'password = "{password}"\n', password),
        "python typed": (f'    api_key: str = "{key}"\n', key),
        "python split": (f'SECRET_KEY = (\n    "{key}"\n)\n', key),
        "python bytes": (f"secret = b'{key}'\n", key),
        "python keyword": (f'connect(user="ada", passwd="{password}", port=1)\n', password),
        "dictionary": (f'{{"client_secret": "{key}"}}\n', key),
        "subscript": (f'config["auth_token"] = "{hexed}"\n', hexed),
        "javascript": (f"const apiKey = '{key}';\n", key),
        "template": (f"const token = `{key}`;\n", key),
        "go": (f'\tdbPassword := "{password}"\n', password),
        "java": (f'private static final String PASSWORD = "{password}";\n', password),
        "define": (f'#define API_KEY "{key}"\n', key),
        "ruby style": (f":access_token => '{hexed}'\n", hexed),
        "call": (f'set_auth_token("{key}")\n', key),
        "pair": (f'("password", "{key}")\n', key),
        "env": (f"export DB_PASSWORD={password.replace('#', 'x')}\n", password.replace("#", "x")),
        "env key": (f"API_KEY={key}\n", key),
        "comment": (f"# the token: {key}\n", key),
        "slashes": (f"// password: {password}\n", password),
        "url": (f'DSN = "postgres://ada:{key}@db.example.org/app"\n', key),
        "url at": (f'"https://ada:{key}@x@example.org/"\n', key),
        "netrc": (f"machine example.org login ada password {password}\n", password),
        "bearer": (f"Authorization: Bearer {key}\n", key),
        "basic": (f"Authorization: Basic {basic}\n", basic),
        "npmrc": (f"//registry.example.org/:_authToken={hexed}\n", hexed),
        "azure": ("AccountName=x;Account" + f"Key={text(rng, BASE62, 86)}==;\n", ""),
        "aws secret": (f'aws_secret_access_key = "{text(rng, BASE62 + "/+", 40)}"\n', ""),
    }
