"""Definitions -> symbols, and one package symbol a namespace that several files share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexers.facts import Definition, FileFacts, Flag
from indexers.naming import symbol_id
from indexers.resolution.profile import Profile
from indexers.resolution.program import ProgramFile
from indexers.resolution.rows import Rows
from indexers.resolution.tracking import Recorder
from knowledge.schema import Symbol, SymbolKind

_TEST = int(Flag.TEST)


_KINDS = {kind.value: kind for kind in SymbolKind}


NO_SYMBOL = Symbol("", "", SymbolKind.VARIABLE, "", "", "", "", 1, 1, 1, 1, "")
"""In the room that a program in memory leaves behind the symbols of each file."""


class Symbols(Rows):
    """Symbols of one family, parents first."""

    def __init__(
        self,
        repository: str,
        files: Sequence[ProgramFile],
        profile: Profile,
        first_index: int = 0,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(repository, files, profile, first_index, recorder)
        self.symbols = self._symbols()

    def _symbols(self) -> list[Symbol]:
        symbols: list[Symbol] = []
        for number, file in enumerate(self.program.files):
            symbols.extend(self._file_symbols(number, file))
            if self.recorder is not None:
                symbols.extend([NO_SYMBOL] * (self.program.end_of_symbols(number) - len(symbols)))
        if self.profile.shared_namespaces:
            symbols.extend(self._packages(len(symbols)))
        return symbols

    def _file_symbols(self, number: int, file: ProgramFile) -> Iterator[Symbol]:
        facts, profile = file.facts, self.profile
        prefix = profile.display_name(file.path, facts)
        name = file.path.rpartition("/")[2].rpartition(".")[0] or file.path
        shared = profile.shared_namespaces or not prefix
        module_id = symbol_id(self.repository, file.path, "")
        yield Symbol(
            module_id,
            self.repository,
            SymbolKind.MODULE,
            file.path.rpartition("/")[2] if shared else prefix.rpartition(profile.separator)[2] or name,
            "",
            file.path if shared else prefix,
            file.path,
            1,
            1,
            1,
            max(facts.line_count, 1),
            facts.language,
            docstring=facts.docstring,
            is_test=file.is_test,
        )
        separator = self.profile.separator
        locals_ = self.program.local_names[number]
        has_macros = any(scope.macro for scope in facts.scopes)
        for index in self.program.in_order(number):
            definition, local = facts.definitions[index], locals_[index]
            plain = local.rpartition("~")[0] if "~" in local and local.rpartition("~")[2].isdigit() else local
            inner = plain.replace(".", separator) if separator != "." else plain
            around = self.program.opened_by_macros(number, definition.scope) if has_macros else ""
            inner = f"{around}{separator}{inner}" if around else inner
            opener = self._parent_local(facts, definition, locals_)
            yield Symbol(
                symbol_id(self.repository, file.path, local),
                self.repository,
                _KINDS[definition.kind],
                definition.name,
                local,
                f"{prefix}{separator}{inner}" if prefix else inner,
                file.path,
                definition.line,
                definition.column,
                definition.start_line,
                definition.end_line,
                facts.language,
                definition.signature,
                definition.docstring,
                bool(definition.flags & _TEST) or profile.is_test(file.path, definition) or file.is_test,
                symbol_id(self.repository, file.path, opener),
            )

    @staticmethod
    def _parent_local(facts: FileFacts, definition: Definition, locals_: list[str]) -> str:
        scope = definition.scope
        while scope >= 0:
            if facts.scopes[scope].definition >= 0:
                return locals_[facts.scopes[scope].definition]
            scope = facts.scopes[scope].parent
        return ""

    def _packages(self, count: int) -> Iterator[Symbol]:
        """One symbol a namespace that several files share, shown at the first of its files."""
        program = self.program
        for namespace, numbers in enumerate(program.namespace_files):
            files = sorted({program.files[number].path: number for number in numbers}.items())
            if not files or not program.namespace_keys[namespace]:
                continue
            path, number = next((item for item in files if not program.files[item[1]].is_test), files[0])
            key = program.namespace_keys[namespace]
            self.package_symbols[namespace] = count + len(self.package_symbols)
            yield Symbol(
                symbol_id(self.repository, path, f"package {key}"),
                self.repository,
                SymbolKind.PACKAGE,
                key.rpartition("/")[2].rpartition(".")[2] or key,
                f"package {key}",
                key,
                path,
                1,
                1,
                1,
                1,
                program.files[number].facts.language,
                docstring=next(
                    (program.files[n].facts.docstring for _, n in files if program.files[n].facts.docstring), ""
                ),
                is_test=all(program.files[n].is_test for _, n in files),
                parent_id=symbol_id(self.repository, path, ""),
            )
