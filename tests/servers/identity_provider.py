"""An identity provider on loopback: what it publishes, tokens that it signs, and every known way to forge one."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "r2", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e1", "use": "sig"})
NOW = 1_800_000_000.0


class Provider:
    """What the key server publishes, and how often it was asked. now: the time of its tokens."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [RSA.as_dict(private=False), EC.as_dict(private=False)]
        self.asked: list[str] = []
        self.broken: bytes | None = None
        self.url = ""
        self.now = NOW
        self.jwks_uri: object = None

    def reply(self, path: str) -> bytes | None:
        self.asked.append(path)
        if self.broken is not None:
            return self.broken
        documents = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys" if self.jwks_uri is None else self.jwks_uri,
            },
            "/keys": {"keys": self.keys},
        }
        return json.dumps(documents[path]).encode() if path in documents else None


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Serve keys on loopback."""
    one = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = one.reply(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def claims(provider: Provider, **changed: Any) -> dict[str, Any]:
    whole = {
        "iss": provider.url,
        "aud": "clew",
        "sub": "u-1",
        "exp": provider.now + 300,
        "iat": provider.now,
        "name": "Ada",
        "groups": ["devs", "pay"],
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(body: dict[str, Any], key: RSAKey | ECKey = RSA, algorithm: str = "RS256", **header: Any) -> str:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, body, key, registry=registry)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(provider: Provider) -> dict[str, str]:
    body = claims(provider)
    good = signed(body)
    head, middle, signature = good.split(".")
    signing = f"{part({'alg': 'HS256', 'kid': 'r1'})}.{middle}"
    mac = hmac.digest(RSA.as_pem(private=False), signing.encode(), "sha256")
    confused = f"{signing}.{part(mac)}"
    own = RSAKey.generate_key(2048, {"kid": "mine"})
    jwk = own.as_dict(private=False)
    flipped = "A" if signature[5] != "A" else "B"
    return {
        "alg none": f"{part({'alg': 'none', 'kid': 'r1'})}.{middle}.",
        "alg None": f"{part({'alg': 'None', 'kid': 'r1'})}.{middle}.{signature}",
        "no alg": f"{part({'kid': 'r1'})}.{middle}.{signature}",
        "alg of another kind": f"{part({'alg': ['RS256'], 'kid': 'r1'})}.{middle}.{signature}",
        "HS256 with the public key": confused,
        "RS384, not pinned": signed(body, RSA, "RS384"),
        "ES256 with the RSA key": f"{part({'alg': 'ES256', 'kid': 'r1'})}.{middle}.{signature}",
        "no kid": f"{part({'alg': 'RS256'})}.{middle}.{signature}",
        "kid as a path": signed(body, own, kid="../../../../dev/null"),
        "kid as SQL": signed(body, own, kid="r1' UNION SELECT 'x"),
        "kid as a list": f"{part({'alg': 'RS256', 'kid': ['r1']})}.{middle}.{signature}",
        "kid of another key": signed(body, own, kid="r1"),
        "own key in the header (jwk)": signed(body, own, jwk=jwk),
        "own key by jku": signed(body, own, kid="r1", jku="https://evil.example/keys"),
        "own certificate by x5u": signed(body, own, kid="r1", x5u="https://evil.example/cert"),
        "own certificate by x5c": signed(body, own, kid="r1", x5c=["MIIB"]),
        "an extension that must be understood": f"{part({'alg': 'RS256', 'kid': 'r1', 'crit': ['b64'], 'b64': False})}.{middle}.{signature}",
        "body changed": f"{head}.{part({**body, 'groups': ['platform']})}.{signature}",
        "signature changed": f"{head}.{middle}.{signature[:5]}{flipped}{signature[6:]}",
        "signature gone": f"{head}.{middle}.",
        "two parts": f"{head}.{middle}",
        "five parts, as encrypted": f"{head}.{middle}.{middle}.{middle}.{signature}",
        "no JSON": f"{part(b'x')}.{middle}.{signature}",
        "a list for a header": f"{part([1])}.{middle}.{signature}",
        "not base64": f"\u00e4\u00f6.{middle}.{signature}",
        "empty": "",
        "huge": "a" * 20_000 + "." + middle + "." + signature,
    }
