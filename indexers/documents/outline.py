"""What a document reader gives back: headings, inline code, blocks of code and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Heading:
    """line, column: of the title's text (1-based). start_line: of the heading, its overline included. level from 1.

    lead: the first paragraph below the heading, before the next one, as plain text. end_line: the last one of what the
    heading is about, where the document says so; 0: up to the next heading that is no deeper.
    """

    title: str
    level: int
    line: int
    column: int
    start_line: int
    lead: str = ""
    end_line: int = 0


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of code, dedented. language: as the document names it, empty when it does not.

    line: of the first line of `text` (1-based); indent: bytes that stand before each of its lines in the document.
    """

    language: str
    line: int
    text: str
    indent: int = 0


@dataclass(slots=True)
class Outline:
    """lead: the first paragraph before any heading. codes: (line, column, text) of inline code. issues: (line, detail).

    title: what the document calls itself outside its headings (front matter).
    """

    headings: list[Heading] = field(default_factory=list)
    lead: str = ""
    codes: list[tuple[int, int, str]] = field(default_factory=list)
    issues: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[CodeBlock] = field(default_factory=list)
    title: str = ""

    @property
    def wants_lead(self) -> bool:
        """Whether the next paragraph is the first one where it stands."""
        return not (self.headings[-1].lead if self.headings else self.lead)

    def add_lead(self, text: str) -> None:
        """Keep `text` if it is the first paragraph where it stands."""
        if not self.wants_lead:
            return
        if self.headings:
            self.headings[-1].lead = text
        else:
            self.lead = text


def byte_column(line: str, index: int) -> int:
    """Return the 1-based UTF-8 column of the character at `index`."""
    return (index if line.isascii() else len(line[:index].encode("utf-8", "surrogatepass"))) + 1
