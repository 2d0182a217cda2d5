"""A server that other machines reach, as a process: TLS, keys made and revoked beside it, a proxy, and a Redis that servers share."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from configs.errors import RateLimited
from configs.settings import RateSettings
from ops.policy.rates import Rates
from tests.integration.processes import CLEW, clew, clew_json, environment, started, wait_until
from tests.servers.redis_server import running_redis

pytestmark = pytest.mark.integration


@pytest.fixture
def store(shop: Path, tmp_path: Path) -> Path:
    """Return a copy of the index whose keys are the test's own."""
    return Path(shutil.copytree(shop, tmp_path / "store"))


@contextmanager
def serving(store: Path, *arguments: str, **variables: str) -> Iterator[str]:
    log = store.parent / "log"
    env = environment(store, CLEW_RETRIEVAL__DENSE="false", **variables)
    command = [*CLEW, "serve", "--port", "0", "--json", *arguments]
    with started(command, folder=store.parent, env=env, log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"].replace("0.0.0.0", "127.0.0.1")
        wait_until(lambda: _alive(url), process, what="/healthz")
        yield url
    assert "clew_" not in log.read_text(), "no key is written into the log"


def _alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        return False


def status(url: str, key: str, **more: object) -> int:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.get(f"{url}/v1/models", headers=headers, trust_env=False, **more).status_code  # type: ignore[arg-type]


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clew")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


def test_keys_come_and_go_beside_a_server_over_tls(store: Path) -> None:
    cert, private = certificate(store.parent)
    first = clew_json(store, "keys", "create", "alice", "--role", "reader")
    with serving(store, "--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(private)) as url:
        assert url.startswith("https://")
        trust = {"verify": ssl.create_default_context(cafile=str(cert))}
        assert status(url, first["key"], **trust) == 200
        assert (
            "strict-transport-security" in httpx.get(f"{url}/healthz", trust_env=False, verify=trust["verify"]).headers
        )
        weak = ssl.create_default_context(cafile=str(cert))
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0")
        with pytest.raises(httpx.ConnectError):
            status(url, first["key"], verify=weak)
        assert status(url, "clew_nothing", **trust) == 401
        second = clew_json(store, "keys", "create", "bob")
        assert status(url, second["key"], **trust) == 200, "a key made beside the server opens at once"
        clew_json(store, "keys", "revoke", first["id"])
        assert status(url, first["key"], **trust) == 401, "a revoked one does not"
        third = clew_json(store, "keys", "rotate", second["id"])
        assert (status(url, second["key"], **trust), status(url, third["key"], **trust)) == (401, 200)
        clew_json(store, "principals", "disable", "bob")
        assert status(url, third["key"], **trust) == 401
    used = {row["id"]: row["used_at"] for row in clew_json(store, "keys", "list")["keys"]}
    assert used[first["id"]]


def test_a_grant_reaches_a_running_server_with_its_file(store: Path) -> None:
    key = clew_json(store, "keys", "create", "alice", "--team", "pay")["key"]
    question = {"model": "extractive", "messages": [{"role": "user", "content": "who calls price?"}]}

    def citations(url: str) -> list[object]:
        headers = {"authorization": f"Bearer {key}"}
        answer = httpx.post(f"{url}/v1/chat/completions", json=question, headers=headers, timeout=60, trust_env=False)
        found: list[object] = answer.json()["clew"]["citations"]
        return found

    with serving(store, "--host", "0.0.0.0") as url:
        assert citations(url) == []
        (store / "policies.cedar").write_text(
            'permit (principal in Team::"pay", action == Action::"ask", resource == Repository::"shop");'
        )
        assert citations(url) != []


def test_what_two_servers_see_of_the_policies_is_told_once(store: Path) -> None:
    key = clew_json(store, "keys", "create", "root", "--role", "admin", "--right", "read", "--right", "admin")["key"]
    file = store / "policies.cedar"
    states = ['permit (principal, action == Action::"book", resource);', "permit (", ""]
    states.append(states[0])

    def told(url: str) -> list[dict[str, str]]:
        """Return what the Ledger holds, the last one first."""
        headers, asked = {"authorization": f"Bearer {key}"}, {"stream": "administration", "kind": "policy"}
        reply = httpx.get(f"{url}/api/v1/admin/audit", params=asked, headers=headers, timeout=60, trust_env=False)
        assert reply.status_code == 200, reply.text
        return [row["fields"] for row in reply.json()["events"] if row["fields"]["policy"] == "file"]

    def is_told(url: str, count: int) -> bool:
        return len(told(url)) >= count

    with serving(store, "--host", "0.0.0.0") as one, serving(store, "--host", "0.0.0.0") as other:
        for number, text in enumerate(states, 1):
            file.write_text(text)
            assert [status(url, key) for url in (one, other, one)] == [200] * 3
            wait_until(partial(is_told, one, number), what="it is written")
    with serving(store, "--host", "0.0.0.0") as url:
        rows = told(url)[::-1]
    assert [row["change"] for row in rows] == ["changed", "refused", "changed", "changed"]
    digests = [sha256(text.encode()).hexdigest() for text in states]
    assert [row["after"] for row in rows] == digests, "once each, though three servers saw it"
    assert [row["before"] for row in rows] == ["", *digests[:-1]]
    assert clew_json(store, "audit", "verify")["sound"]


def test_a_certificate_without_its_key_is_refused_before_anything_listens(store: Path) -> None:
    cert, _ = certificate(store.parent)
    done = clew(store, "serve", "--port", "0", "--tls-cert", str(cert))
    assert done.returncode == 2
    assert "--tls-key" in done.stderr


@pytest.mark.parametrize("trusted", [True, False])
def test_addresses_of_a_proxy_count_only_where_it_is_trusted(store: Path, trusted: bool) -> None:
    clew_json(store, "keys", "create", "alice", "--role", "reader")
    variables = {"CLEW_RATES__FAILURES": "2", "CLEW_ACCESS__AUTHENTICATION": "required"}
    if trusted:
        variables["CLEW_SERVE__TRUSTED_PROXIES"] = "127.0.0.1"
    with serving(store, **variables) as url:

        def guess(address: str) -> int:
            headers = {"authorization": "Bearer clew_guess", "x-forwarded-for": address}
            return httpx.get(f"{url}/v1/models", headers=headers, trust_env=False).status_code

        statuses = [guess(f"10.0.0.{number}") for number in range(4)]
    assert statuses == ([401] * 4 if trusted else [401, 401, 429, 429])


def test_servers_share_their_counts_in_redis_and_count_alone_while_it_is_away(tmp_path: Path) -> None:
    async def let_in(rates: list[Rates], count: int) -> int:
        passed = 0
        for number in range(count):
            try:
                await rates[number % len(rates)].count_request("alice", "")
                passed += 1
            except RateLimited as error:
                assert error.retry_after_s >= 1
        return passed

    async def run() -> None:
        with running_redis(tmp_path, "--requirepass", "secret") as address:
            settings = RateSettings.model_validate(
                {"store": "redis", "url": address, "password": "secret", "user_requests": 10}
            )
            servers = [Rates(settings), Rates(settings), Rates(settings)]
            assert await let_in(servers, 30) == 10
            wrong = Rates(settings.model_copy(update={"password": RateSettings().password}))
            assert await let_in([wrong], 30) == 10, "one that is refused counts alone"
        assert await let_in(servers, 60) == 30, "each for itself"

    asyncio.run(run())


def test_the_keys_of_a_store_are_for_its_owner_alone(store: Path) -> None:
    clew_json(store, "keys", "create", "alice")
    for file in store.glob("principals.db*"):
        assert subprocess.run(["stat", "-c", "%a", str(file)], capture_output=True, text=True).stdout.strip() == "600"
