"""One file -> everything that depends on its content alone: redacted text, facts, terms. Runs in worker processes.

Where files share macros, facts and terms depend on the macros that a file is handed too, and so does the key.

The result is encoded and cached by content hash, so that it is computed once whatever the path, branch or repository.
A file that breaks anything here becomes an issue; it never stops a run.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import xxhash

from guardrails.redaction import RULES_VERSION, TextRedactor
from indexers.chunking import terms_of
from indexers.content import check_content, generated_line, read_source
from indexers.documents.facts import extract_document
from indexers.documents.formats import FORMATS, DocumentError, Rendered, byte_limit, render
from indexers.facts import FACTS_VERSION, FileFacts, ParseIssue, encode_facts
from indexers.languages import PACKS, extract
from indexers.macro_links import MacroLinks, decode_shared, digest_of_shared, encode_links
from indexers.naming import local_names
from knowledge.schema import pack_text
from knowledge.terms import TERMS_VERSION

ANALYSIS_VERSION = 5

Job = tuple[str, str, str, int, bytes]
"""path relative to the root, absolute path, language, largest size in bytes, macros of other files (`encode_shared`)."""


class Analysis(msgspec.Struct, array_like=True, gc=False):
    """All that one content says. `issue` is set when the file is not covered; the rest is empty then."""

    content_hash: str
    byte_count: int
    line_count: int
    text: bytes
    """Redacted, as `pack_text` gives it."""
    facts: bytes
    terms: bytes
    redactions: int
    issue: str = ""
    detail: str = ""
    links: bytes = b""
    """What it says about macros that files share (`macro_links.decode_links`)."""
    handed: str = ""
    """Digest of the macros of other files that were expanded, empty for none."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Analysis)


def cache_key(content_hash: str, language: str, handed: str = "") -> str:
    """Everything that an analysis depends on: raise a version, and what the older code made is never served again."""
    versions = f"{FACTS_VERSION}.{TERMS_VERSION}.{RULES_VERSION}.{ANALYSIS_VERSION}"
    return f"{content_hash}:{language}:{versions}{handed and ':'}{handed}"


def decode_analysis(payload: bytes) -> Analysis:
    return _decoder.decode(payload)


def hash_content(content: bytes) -> str:
    return xxhash.xxh3_128_hexdigest(content)


def start_worker() -> None:
    """Prepare a worker process. Ctrl-C belongs to the parent, which cancels and cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.disable()  # facts and walks hold no cycles; `analyse_files` clears away those of what broke off


def analyse_files(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Return (path, encoded `Analysis`) of each job, in order. Never raises for a file's sake."""
    analysed = [
        (path, _encoder.encode(_analyse_path(absolute, language, max_bytes, macros)))
        for path, absolute, language, max_bytes, macros in jobs
    ]
    if not gc.isenabled():
        gc.collect(0)
    return analysed


def _analyse_path(absolute: str, language: str, max_bytes: int, macros: bytes) -> Analysis:
    max_bytes = byte_limit(language, max_bytes)
    try:
        content = read_source(Path(absolute), max_bytes)
    except OSError as exc:
        return _uncovered("", 0, "unreadable", exc.strerror or type(exc).__name__)
    if len(content) > max_bytes:
        return _uncovered("", len(content), "too_large", f"more than {max_bytes} bytes")
    content_hash = hash_content(content)
    try:
        rendered = render(language, content)
        problem = check_content(rendered.text, language)
        if problem is not None:
            return _uncovered(content_hash, len(content), *problem)
        return analyse(content, content_hash, language, rendered, macros)
    except DocumentError as exc:
        return _uncovered(content_hash, len(content), "damaged", str(exc))
    except Exception as exc:  # noqa: BLE001  the seam for one file: what broke is reported, and the run goes on
        return _uncovered(content_hash, len(content), "crashed", f"{type(exc).__name__}: {exc}")


def _uncovered(content_hash: str, byte_count: int, reason: str, detail: str) -> Analysis:
    return Analysis(content_hash, byte_count, 0, b"", b"", b"", 0, reason, detail)


@cache
def _redactor() -> TextRedactor:
    return TextRedactor()


def analyse(
    content: bytes, content_hash: str, language: str, rendered: Rendered | None = None, macros: bytes = b""
) -> Analysis:
    """Redact, extract and count the terms of one content. What a program wrote is resolved, but not searched.

    rendered: the content as text, if it was made already. macros: as in `Job`. Raises DocumentError when a document cannot be read.
    """
    rendered = rendered or render(language, content)
    text, findings = _redactor().redact(rendered.text, "prose.md" if language in FORMATS else "")
    facts = _facts(language, text, rendered, macros)
    links, facts.macros = encode_links(facts.macros), MacroLinks()
    line = generated_line(content) if language in PACKS else 0
    if line:
        facts.issues.append(ParseIssue(line, "generated", f"says so in line {line}: in the graph, not in the search"))
    terms = terms_of(_no_facts(language, b""), b"", []) if line else terms_of(facts, text, local_names(facts))
    return Analysis(
        content_hash,
        len(content),
        facts.line_count,
        pack_text(text),
        encode_facts(facts),
        terms,
        len(findings),
        links=links,
        handed=digest_of_shared(macros),
    )


def _facts(language: str, text: bytes, rendered: Rendered, macros: bytes) -> FileFacts:
    if language in PACKS:
        try:
            return extract(language, text, decode_shared(macros))
        except RecursionError:
            # Too deep for the extractor; the text stays searchable and the gap is reported.
            facts = _no_facts(language, text)
            facts.issues.append(ParseIssue(1, "syntax", "nested too deeply"))
            return facts
    if language in FORMATS:
        return extract_document(language, text, rendered)
    return _no_facts(language, text)


def _no_facts(language: str, text: bytes) -> FileFacts:
    return FileFacts(language, text.count(b"\n") + (0 if text.endswith(b"\n") or not text else 1))
