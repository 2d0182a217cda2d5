"""Which files are documents, in a repository and in a folder that is indexed for its documents alone."""

from __future__ import annotations

from pathlib import Path

from indexers.discovery import DOCUMENTS_ONLY, discover
from tests.unit.indexers.documents.samples import ASYNCAPI, DEVDOCS, HTML, MEDIAWIKI, NOTEBOOK, OPENAPI, pdf

FILES = {
    "README.md": b"# Shop\n",
    "app.py": b"x = 1\n",
    "page.html": HTML,
    "paper.pdf": pdf("x"),
    "api.yaml": OPENAPI.encode(),
    "events.json": ASYNCAPI.encode(),
    "settings.json": b'{"a": 1}\n',
    "ci.yml": b"on: push\n",
    "play.ipynb": NOTEBOOK,
    "docs/page.html": HTML,
    "docs/guide.mdx": b"# Guide\n",
    "docs/build/made.htm": HTML,
    "docs/paper.pdf": pdf("x"),
    "docs/wiki.xml": MEDIAWIKI,
    "docs/db.json": DEVDOCS,
    "pom.xml": b"<project/>",
}


def tree(root: Path) -> Path:
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def test_a_repository_takes_documents_where_they_are_meant(tmp_path: Path) -> None:
    found = discover(tree(tmp_path))
    assert {file.path: file.language for file in found.files} == {
        "README.md": "markdown", "app.py": "python", "api.yaml": "openapi", "events.json": "openapi", "play.ipynb": "notebook",
        "docs/page.html": "html", "docs/guide.mdx": "markdown", "docs/paper.pdf": "pdf", "docs/wiki.xml": "mediawiki",
        "docs/db.json": "devdocs", "docs/build/made.htm": "html",
    }  # fmt: skip
    assert set(found.manifests) == {"pom.xml"}


def test_documents_alone_are_taken_wherever_they_lie(tmp_path: Path) -> None:
    root = tree(tmp_path)
    found = discover(root, documents_only=True)
    assert sorted(file.path for file in found.files) == sorted(
        FILES.keys() - {"app.py", "settings.json", "ci.yml", "pom.xml"}
    )
    assert (found.manifests, found.notes) == ({}, [DOCUMENTS_ONLY])


def test_a_document_may_be_larger_than_a_source(tmp_path: Path) -> None:
    (tmp_path / "big.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "big.md").write_bytes(b"x" * 2_000)
    found = discover(tmp_path, max_file_bytes=100)
    assert [file.path for file in found.files] == ["big.ipynb"]
    assert [(issue.path, issue.reason) for issue in found.issues] == [("big.md", "too_large")]
