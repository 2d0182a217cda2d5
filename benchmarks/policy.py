"""Measures what knowing the callers costs: a decision, a compiled scope, an API key, a token, a request counted.

    python -m benchmarks.policy [--repositories 50] [--rounds 2000] [--json FILE]

CPU seconds of this process, median of five blocks. Exits with 1 when a decision takes more than 0.3 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from configs.settings import OidcSettings, RateSettings
from knowledge.backends.sqlite_principals import SqlitePrincipals
from knowledge.principals import Principal
from ops.policy.access import Access
from ops.policy.gate import Gate
from ops.policy.keys import Keys
from ops.policy.oidc import TokenVerifier
from ops.policy.rates import Rates

LIMIT_MS = 0.3
BLOCKS = 5


def spent_ms(work: Callable[[], object], rounds: int) -> float:
    """Return the CPU milliseconds of one call: the median of blocks."""
    blocks = []
    for _ in range(BLOCKS):
        started = time.process_time()
        for _ in range(rounds):
            work()
        blocks.append((time.process_time() - started) / rounds * 1_000)
    return statistics.median(blocks)


def spent_async_ms(work: Callable[[], Awaitable[object]], rounds: int) -> float:
    async def block() -> float:
        started = time.process_time()
        for _ in range(rounds):
            await work()
        return (time.process_time() - started) / rounds * 1_000

    async def blocks() -> list[float]:
        return [await block() for _ in range(BLOCKS)]

    return statistics.median(asyncio.run(blocks()))


class _Published(TokenVerifier):
    """Has its keys already."""

    def publish(self, keys: dict[str, RSAKey | ECKey]) -> None:
        self._keys = dict(keys)
        self._fetched_at = self._monotonic()


def measured(folder: Path, repositories: int, rounds: int) -> dict[str, float]:
    names = frozenset(f"repository-{number}" for number in range(repositories))
    own = folder / "policies.cedar"
    own.write_text(
        "\n".join(
            f'permit (principal in Team::"team-{number}", action in [Action::"ask", Action::"read"],'
            f' resource == Repository::"repository-{number}");'
            for number in range(repositories)
        )
    )
    access = Access(own)
    alice = Principal("alice", "Alice", teams=("team-1", "team-2"))
    principals = SqlitePrincipals(folder / "principals.db")
    principals.put_principal(alice)
    keys = Keys(principals, time.time)
    secret, _ = keys.create(alice, label="", rights=("ask", "read"), lifetime_s=None)
    keys.holder(secret)  # the first use is noted
    settings = RateSettings(key_requests=1_000_000_000, user_requests=1_000_000_000)
    verifier = _Published(OidcSettings(issuer="https://id.example", audience="clew"))
    rsa, ec = RSAKey.generate_key(2048, {"kid": "r"}), ECKey.generate_key("P-256", {"kid": "e"})
    verifier.publish({"r": rsa, "e": ec})
    claims = {"iss": "https://id.example", "aud": "clew", "sub": "u", "exp": int(time.time()) + 9_999}
    by_rsa, by_ec = (
        jwt.encode({"alg": algorithm, "kid": kid}, claims, key, algorithms=[algorithm])
        for algorithm, kid, key in (("RS256", "r", rsa), ("ES256", "e", ec))
    )
    gate = Gate(principals, keys, access, Rates(settings), lambda: dict.fromkeys(names, "main"), verifier)
    rates = Rates(settings)
    return {
        "decision, evaluated": spent_ms(lambda: access.rules.decide(alice, "read", ["repository-1"]), rounds),
        f"scopes of a new principal over {repositories} repositories": spent_ms(
            lambda: access._compile(alice, names, {}), max(rounds // 50, 1)
        ),
        "scopes of a known principal": spent_ms(lambda: access.grants(alice, names), rounds),
        "API key looked up and compared": spent_ms(lambda: keys.holder(secret), rounds),
        "token verified, RS256": spent_async_ms(lambda: verifier.principal(by_rsa), rounds),
        "token verified, ES256": spent_async_ms(lambda: verifier.principal(by_ec), rounds),
        "request counted": spent_async_ms(lambda: rates.count_request("alice", "k"), rounds),
        "a request with a key, whole": spent_async_ms(lambda: gate.caller(f"Bearer {secret}", "10.0.0.1"), rounds),
        "a request with a token, whole": spent_async_ms(lambda: gate.caller(f"Bearer {by_rsa}", "10.0.0.1"), rounds),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=50, help="repositories, and policies (50)")
    parser.add_argument("--rounds", type=int, default=2_000, help="calls in each of five blocks (2000)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(Path(folder), arguments.repositories, arguments.rounds)
    for what, value in figures.items():
        print(f"{value:8.4f} ms  {what}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    decided = max(figures["decision, evaluated"], figures["scopes of a known principal"])
    return 0 if decided <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
