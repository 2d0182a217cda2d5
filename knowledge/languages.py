"""Names of languages as people write them. Stores and interfaces keep the short ones (`cpp`)."""

from __future__ import annotations

_TITLES = {
    "python": "Python", "javascript": "JavaScript", "typescript": "TypeScript", "tsx": "TSX", "java": "Java", "go": "Go",
    "rust": "Rust", "c": "C", "cpp": "C++", "markdown": "Markdown", "rst": "reStructuredText", "html": "HTML", "pdf": "PDF",
    "notebook": "Jupyter notebooks", "openapi": "OpenAPI", "mediawiki": "MediaWiki", "devdocs": "DevDocs",
}  # fmt: skip


def title_of(language: str) -> str:
    """Return the name to show of a language or a format; one that is not known as it is (`text`)."""
    return _TITLES.get(language, language)
