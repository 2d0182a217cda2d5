"""Which macros of other files each file of a tree is handed, kept up to date while files are edited (Rust, C and C++)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from indexers.languages import PACKS, MacroSharing, macro_sharing_for
from indexers.macro_links import MacroLinks, decode_links, encode_shared
from indexers.resolution.layout import Layout


class Sharing:
    """Answers for the files of one family of languages.

    Args:
        links: path -> `Analysis.links`.
        manifests: path -> text of the project files.
    """

    def __init__(self, family: str, links: Mapping[str, bytes], manifests: Mapping[str, str]) -> None:
        self._payloads = dict(links)
        self._links: dict[str, MacroLinks] = {path: decode_links(payload) for path, payload in links.items()}
        self._scopes: MacroSharing = macro_sharing_for(family, Layout(links, manifests), self._links)

    def __contains__(self, path: str) -> bool:
        return path in self._links

    @property
    def paths(self) -> Collection[str]:
        return self._links.keys()

    def replace(self, path: str, links: bytes) -> bool:
        """Take up what an edited file says; return whether that is something else than before."""
        if self._payloads[path] == links:
            return False
        self._payloads[path] = links
        self._links[path] = decode_links(links)
        self._scopes.exchanged()
        return True

    def handed_to(self, path: str) -> bytes:
        """Return the macros of other files that a file expands, as a worker is handed them."""
        return encode_shared(self._scopes.shared_with(path)) if self._links[path].used else b""

    def handed(self) -> Iterator[tuple[str, bytes]]:
        """Yield every file that is handed any, by path, with them."""
        for path in sorted(self._links):
            macros = self.handed_to(path)
            if macros:
                yield path, macros


def family_sharing_macros(language: str) -> str:
    """Return the family of a language whose files expand macros of others, empty for others."""
    pack = PACKS.get(language)
    return pack.family if pack is not None and pack.shares_macros else ""
