"""What Clew needs on this machine, looked at one by one. A missing convenience warns; a broken necessity fails."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from app.model_health import Health, HostHealth, health
from app.store_files import GRAPH_FILE, VECTORS_FOLDER
from app.wiring import Wiring
from configs.errors import ClewError, ConfigError, StoreBusy
from configs.settings import BudgetSettings, is_loopback, unknown_variables
from indexers.languages import PACKS, parser_for
from knowledge.scope import EVERYTHING
from models.api_provider import ApiProvider
from models.terms import terms_of
from ops.sources.git import check_version

LOW_DISK_BYTES = 1_000_000_000
NO_DISK_BYTES = 50_000_000
REINSTALL = "install Clew again into its own environment: make clean, then make demo"

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `clew doctor`. `mend` is the command or step that mends it, empty when all is well."""

    name: str
    state: State
    detail: str
    mend: str = ""


def checks(wiring: Wiring) -> Iterator[Check]:
    """Yield every check, cheap ones first. Never raises."""
    yield _python()
    yield _variables()
    yield _folder(wiring.settings.home)
    yield _disk(wiring.settings.home)
    yield _index(wiring)
    yield _grammars()
    yield _git()
    yield _chroma()
    yield _vectors(wiring)
    yield _embedder(wiring)
    yield from _model_hosts(wiring)
    yield _graph_server(wiring)
    yield from _memory_server(wiring)


def _python() -> Check:
    supported = (3, 11) <= sys.version_info[:2] < (3, 14)
    detail = f"{platform.python_version()} ({sys.executable})"
    return (
        Check("python", "ok", detail) if supported else Check("python", "fail", detail, "use Python 3.11, 3.12 or 3.13")
    )


def _variables() -> Check:
    unknown = unknown_variables()
    if not unknown:
        return Check("environment", "ok", "every CLEW_* variable is known")
    names = ", ".join(unknown)
    return Check("environment", "warn", f"no setting has this name: {names}", f"unset {' '.join(unknown)}")


def _folder(home: Path) -> Check:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        return Check("store folder", "fail", f"{home}: {error}", "choose another with --store or CLEW_HOME")
    return Check("store folder", "ok", f"{home} is writable")


def _disk(home: Path) -> Check:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1e9:,.1f} GB free"
    if free >= LOW_DISK_BYTES:
        return Check("disk", "ok", detail)
    return Check("disk", "fail" if free < NO_DISK_BYTES else "warn", detail, "free some space, or move CLEW_HOME")


def _index(wiring: Wiring) -> Check:
    if not wiring.has_index:
        return Check("index", "warn", "nothing is indexed yet", "clew index .")
    try:
        known = wiring.graph.repositories(EVERYTHING)
    except ClewError as error:
        return Check("index", "fail", error.message, error.next_step or f"remove {GRAPH_FILE} and index again")
    if not known:
        return Check("index", "warn", "nothing is indexed yet", "clew index .")
    return Check("index", "ok", ", ".join(f"{info.name} ({info.file_count:,} files)" for info in known))


def _grammars() -> Check:
    broken = []
    for language in PACKS:
        try:
            parser_for(language).parse(b"")
        except (ImportError, AttributeError, ValueError, OSError, TypeError) as error:
            broken.append(f"{language}: {error}")
    if broken:
        return Check("grammars", "fail", "; ".join(broken), REINSTALL)
    return Check("grammars", "ok", ", ".join(PACKS))


def _git() -> Check:
    found = shutil.which("git")
    if found:
        try:
            check_version()
        except ConfigError as error:
            return Check("git", "warn", f"{found}: {error}; nothing can be cloned", error.next_step)
        return Check("git", "ok", found)
    return Check("git", "warn", "not found: revisions are content hashes instead of commits", "install git")


def _chroma() -> Check:
    try:
        version = import_module("chromadb").__version__
    except ImportError as error:
        return Check("chroma", "fail", f"cannot be imported: {error}", REINSTALL)
    return Check("chroma", "ok", version)


def _vectors(wiring: Wiring) -> Check:
    settings = wiring.settings
    if not settings.retrieval.dense:
        return Check("vectors", "ok", "not wanted: retrieval.dense is false")
    at_server = settings.retrieval.vectors == "server"
    if not at_server and not (settings.home / VECTORS_FOLDER).is_dir():
        return Check("vectors", "ok", "none yet: `clew serve` fills them in the background")
    try:
        with closing(wiring.open_vectors()):
            pass
    except StoreBusy as busy:
        return Check("vectors", "ok", busy.message)
    except ClewError as error:
        return Check("vectors", "warn", f"{error.message}; text search goes on without", error.next_step)
    place = settings.retrieval.chroma_url if at_server else str(settings.home / VECTORS_FOLDER)
    return Check("vectors", "ok", f"{place} opens; no process owns it")


def _embedder(wiring: Wiring) -> Check:
    try:
        choice = wiring.choose_embedder()
    except ClewError as error:
        return Check("embedder", "warn", error.message, error.next_step)
    if choice.embedder is None and wiring.settings.embedding.source == "auto":
        mend = "not needed; to find what has other words: clew vectors install all-minilm"
        return Check("embedder", "ok", choice.reason, mend)
    return Check("embedder", "ok", choice.reason)


def _graph_server(wiring: Wiring) -> Check:
    graph = wiring.settings.graph
    if graph.backend == "sqlite":
        return Check("services", "ok", "Neo4j, Redis, PostgreSQL and Node are not needed")
    try:
        with closing(wiring.open_neo4j(read_only=True)) as opened:
            version = opened.version
    except ClewError as error:
        return Check("neo4j", "fail", error.message, error.next_step)
    detail = f"{version} at {graph.url}"
    if "+s" not in urlsplit(graph.url).scheme and not is_loopback(urlsplit(graph.url).hostname or ""):
        mend = "use a scheme with TLS, such as neo4j+s://, in graph.url"
        return Check("neo4j", "warn", f"{detail}: code and password travel unencrypted", mend)
    return Check("neo4j", "ok", detail)


def _memory_server(wiring: Wiring) -> Iterator[Check]:
    memory = wiring.settings.memory
    if memory.backend == "sqlite":
        return
    try:
        wiring.memory.get("doctor", scope_key="", release_id="")
    except ClewError as error:
        yield Check("redis", "warn", f"answers are not remembered: {error.message}", error.next_step)
        return
    host = urlsplit(memory.url)
    if host.scheme != "rediss" and not is_loopback(host.hostname or ""):
        yield Check(
            "redis", "warn", f"{host.hostname}: answers travel unencrypted", "use a rediss:// address in memory.url"
        )
        return
    yield Check("redis", "ok", f"answers are remembered at {host.hostname}:{host.port or 6379}")


def _model_hosts(wiring: Wiring) -> Iterator[Check]:
    """One line a host of the settings, one for who would write now; nothing is sent to an endpoint elsewhere."""
    found = health(wiring)
    for one in found.hosts:
        yield _ollama(one) if one.host.provider.kind == "ollama" else _endpoint(one, wiring.settings.budget)
    yield _ladder(found)
    yield _privacy(wiring)


def _ollama(one: HostHealth) -> Check:
    url = one.host.provider.url
    mend = "not needed; for written answers: install Ollama, then `clew models pull qwen2.5-coder`"
    if one.fault:
        return Check("ollama", "warn", f"no answer at {url}: answers quote lines and are labelled extractive", mend)
    names = [model.name for model in one.models if model.may_chat]
    if not names:
        return Check("ollama", "warn", f"{url} serves no LLM", mend)
    loaded = ", ".join(model.name for model in one.loaded) or "none"
    cloud = [model.name for model in one.models if model.leaves]
    gone = f"; {', '.join(cloud)} sends what it is asked elsewhere" if cloud else ""
    return Check(
        "ollama", "ok", f"{url}: {', '.join(names)}; in memory: {loaded}; answers in {one.answers_ms:,.0f} ms{gone}"
    )


def _endpoint(one: HostHealth, budget: BudgetSettings) -> Check:
    provider = one.host.provider
    assert isinstance(provider, ApiProvider)
    names = [model.name for model in one.models]
    fault, mend = provider.what_lacks()
    if fault:
        return Check(provider.kind, "warn", f"{provider.url} ({', '.join(names)}): {fault}", mend)
    terms = terms_of(budget)
    unpriced = [name for name in names if not provider.inside and not terms.has_price(name)]
    if unpriced:
        said = (
            f"{provider.url}: {', '.join(unpriced)} has no price: refused where dollars are limited, else not counted"
        )
        return Check(provider.kind, "warn", said, "set budget.prices, 0 for what is free (docs/budgets.md)")
    return Check(provider.kind, "ok", f"{provider.url}: {', '.join(names)}; not asked, for that costs money")


def _ladder(found: Health) -> Check:
    """Say who would write now, by the class of model and by the code that stays or may leave."""
    said = "; ".join(
        f"{one.model_class}, code that {'may leave' if one.may_leave else 'stays'}: {' > '.join(one.rungs) or one.reason}"
        for one in found.ladders
    )
    strained = "; a budget is strained: small writes in the place of large" if found.strained else ""
    return Check("ladder", "ok", said + strained)


def _privacy(wiring: Wiring) -> Check:
    """Say which repositories' code may leave, and where it could go."""
    elsewhere = [host.provider.name for host in wiring.gateway.hosts if not host.provider.inside]
    if not elsewhere:
        return Check("privacy", "ok", "every model host is inside: no code leaves")
    try:
        known = [info.name for info in wiring.graph.repositories(EVERYTHING)] if wiring.has_index else []
    except ClewError:
        known = []
    kept = wiring.privacy.kept(known)
    leaving = ", ".join(name for name in known if name not in kept) or "no repository"
    return Check(
        "privacy", "ok", f"code of {leaving} may go to {', '.join(elsewhere)}; of {', '.join(kept) or 'none'} never"
    )
