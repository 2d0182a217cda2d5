"""Words that only a person's key opens: AES-GCM with 256 bits, a fresh nonce each time, bound to the event they belong to.

Key and nonce come from the operating system. Dropping the key is erasure: what is left is indistinguishable from noise.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(key: bytes, words: Mapping[str, str], bound_to: str) -> bytes:
    """Return the words as nothing but the key opens them. bound_to: stream and kind of the event; empty words give nothing."""
    said = {name: text for name, text in words.items() if text}
    if not said:
        return b""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(said, order="sorted"), bound_to.encode())


def opened(key: bytes, sealed: bytes, bound_to: str) -> dict[str, str] | None:
    """Return the words, None when this key, or this event, is not theirs."""
    if not sealed:
        return {}
    try:
        plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError):
        return None
    return msgspec.json.decode(plain, type=dict[str, str])
