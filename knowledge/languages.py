"""What is known of languages by their short names (`cpp`), which stores and interfaces keep."""

from __future__ import annotations

_TITLES = {
    "python": "Python", "javascript": "JavaScript", "typescript": "TypeScript", "tsx": "TSX", "java": "Java", "go": "Go",
    "rust": "Rust", "c": "C", "cpp": "C++", "markdown": "Markdown", "rst": "reStructuredText", "html": "HTML", "pdf": "PDF",
    "notebook": "Jupyter notebooks", "openapi": "OpenAPI", "mediawiki": "MediaWiki", "devdocs": "DevDocs",
}  # fmt: skip
_MACROS = {"c": "#", "cpp": "#", "rust": "macro_rules!"}


def title_of(language: str) -> str:
    """Return the name to show of a language or a format; one that is not known as it is (`text`)."""
    return _TITLES.get(language, language)


def is_macro(language: str, signature: str) -> bool:
    """Tell whether a symbol is a macro of C's preprocessor or of Rust: it is expanded, so that its uses are references."""
    begins = _MACROS.get(language)
    return begins is not None and signature.startswith(begins)
