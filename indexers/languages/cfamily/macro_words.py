"""Macros that break the grammar, most in capitals, judged by where they stand, in a text whose positions must stay.

A compiler expands them; a reader knows what they are by their place: `API` before a declaration says how it is linked, `LOCKS(mu)`
behind one is an annotation, `SECTION("x") {` opens a block, `CHECK(x)` without a semicolon is a statement. Such words are blanked
out or given the shape of what they stand for. Only texts that do not parse come here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexers.languages.cfamily.known_names import words

_HIDDEN = re.compile(
    rb'//[^\n]*|/\*.*?\*/|R"([^()\s\\"]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,8}\'|'
    rb"^[ \t]*\#(?:\\\r?\n|[^\n\\]|\\.)*",
    re.S | re.M,
)
_TOKEN = re.compile(rb"[{}]|(?<![\w.>:$@])[A-Z_][A-Z0-9_]{2,}(?!\w|\s*::|\s*[.<])")
_LITERALS = re.compile(rb"\(\s*(?:\d+|\"\s*\")\s*(?:,\s*(?:\d+|\"\s*\")\s*)*\)(?=\s*\**\s*[A-Za-z_]\w*\s*\()")
"""Literals in brackets before a name with brackets: `printflike(1, 2) say(`, where no function is called `printflike`."""
_NOT_BLANK = re.compile(rb"[^\r\n]")
_GENERIC = re.compile(rb"<[^<>]*>")
_RECORD = re.compile(rb"\b(?:namespace|class|struct|union)\b|\bextern\s*\"")
_NAMED = re.compile(rb"[A-Za-z_]\w*")
_ENUM = re.compile(rb"\benum\b")
_RECORD_HEAD = re.compile(rb"\s*(?:template\s*<[^;{}]*>\s*)?(?:class|struct|union)\b")
_WORD = re.compile(rb"[A-Za-z_]\w*(?:\s*::\s*~?[A-Za-z_]\w*)*")
_WORD_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_RECORD_NAME = re.compile(rb"(?:\[\[[^\[\]]*\]\]\s*)?[A-Za-z_][\w:]*(?:\s*<[^;{}()]*>)?(?:\s+final)?\s*([:{;])")
_TEMPLATE = re.compile(rb"\s*(?:(?:public|private|protected)\s*:\s*)?(?:export\s+)?template\s*<")
_TYPE_WORD = re.compile(
    rb"\b(?:int|bool|char|short|long|unsigned|signed|float|double|void|const|struct|enum)\b|[*&]\s*(?:,|$)"
)
_TYPE_ARGUMENT = re.compile(
    rb"(?:(?:const|unsigned|signed|struct|enum|long|short|typename)\s+)*[A-Za-z_][\w:]*(?:<[\w:,\s*&]*>)?(?:\s+(?:int|char|long|short|double|const))?"
    rb"\s*[*&]*"
)

_PLAIN_ARGUMENTS = re.compile(rb"[\w\s:,<>*&]*")

_NAME_ARGUMENT = re.compile(rb"\s*[A-Za-z_]\w*\s*[,)]")
_FIRST_LITERAL = re.compile(rb'\s*"([^"\\\n]+)"')
_DECLARED = re.compile(rb"(?:const\s+)?[A-Za-z_][\w:]*(?:<[^<>]*>)?\s*(?:&|\s)\s*\w*")
"""An argument that declares something: `const Error& e`."""
_CONSTRUCTOR = re.compile(rb"(\w+)\s*::\s*~?\1$")
_FUNCTION_NAME = re.compile(rb"[\w:~]+(?:\s*<[^;{}()]*>\s*(?:::\s*~?[\w:]+)?)?\s*\(")
_NAMED_PARAMETER = re.compile(rb"(?:([*&>])\s*|\b(\w+)\s+)([A-Za-z_]\w*)$")
_TWO_WORDS = re.compile(rb"(?:^|,)\s*[a-z]\w*(?:\s+[\w\"]+|\s*:\s*\d+)\s*(?:$|,)")
"""An argument that is no expression: `PRAGMA(diagnostic push)`."""

_MACROS_ALONE = re.compile(rb"\s*(?:[A-Z_][A-Z0-9_]*[ \t]*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*)+")
"""Uses of macros with which no declaration has begun."""
_BRACKETING = re.compile(rb"PUSH|POP|BEGIN|END|DISABLE|ENABLE|WARNING|DIAGNOSTIC|PRAGMA|SUPPRESS")
"""Words in the names of macros that speak to the compiler about what stands between two of them."""
_OPERATOR_ARGUMENT = re.compile(rb"(?:^|,)\s*[-+*/%<>=!&|^~]+\s*(?:,|$)")
_GOES_ON = (b"", b"{", b";", b"(", b",", b"=", b":")
"""What cannot follow a macro that stands before a declaration; the empty one: nothing follows."""

_SPECIFIERS = frozenset(
    word.encode()
    for word in words(
        "static inline virtual constexpr explicit friend extern typedef consteval constinit mutable template"
    )
)
_STARTS = frozenset(
    word.encode()
    for word in words(
        "static inline virtual constexpr explicit friend extern typedef class struct union enum template namespace using const void "
        "unsigned signed int char bool long short float double auto public private protected typename volatile operator "
        "consteval constinit mutable"
    )
)
"""What a declaration may begin with, beside a name."""
_BEHIND = frozenset(word.encode() for word in words("const noexcept override final volatile try"))
_QUALIFIERS = _SPECIFIERS | frozenset(
    word.encode()
    for word in words(
        "const volatile unsigned signed long short struct class enum union typename using operator return"
    )
)
"""What stands before a type, so that the word after it may be one."""
_ENDED = re.compile(rb"\)\s*(?:(?:const|noexcept|override|final|volatile|try)\b\s*|&{1,2}\s*)*$")
"""The end of a parameter list, with what may follow it."""
_CONTROLS = frozenset(word.encode() for word in words("if for while switch"))
_MAX_ARGUMENTS = 6_000
_MAX_HEAD = 800


def without_macro_words(source: bytes, *, among_statements: bool = False) -> tuple[bytes, dict[int, str]]:
    """Return the source with such macros blanked out or given the shape of what they stand for; length and lines stay.

    The second: the macros that read as an `if` now, by the offsets where they stand, and those before a mere block, by its offset.
    """
    scan = _Scan(source)
    if among_statements:
        scan.around[0] = "statements"
    return scan.text(), scan.blocks


def without_hidden(source: bytes) -> bytes:
    """Blank out comments, directives and what stands in literals; length and lines stay."""
    return _HIDDEN.sub(_blanks, source)


def _blanks(match: re.Match[bytes]) -> bytes:
    text = match.group()
    if text[:1] in b"\"'" and len(text) > 1:
        return text[:1] + b" " * (len(text) - 2) + text[:1]
    return _NOT_BLANK.sub(b" ", text)


class _Scan:
    """One pass: `code` is the text without comments, directives and contents of literals, `out` what is made."""

    def __init__(self, source: bytes) -> None:
        self.code = bytearray(without_hidden(source))
        self.out = bytearray(source)
        self.around: list[str] = ["namespace"]
        """What the braces around hold: members of a `namespace` or a `record`, `statements`, or an `enum`."""
        self.blocks: dict[int, str] = {}
        self.owners: list[bytes] = [b""]
        """The names of the records around, empty for other braces."""

    def text(self) -> bytes:
        code = bytes(self.code)
        found: Iterable[re.Match[bytes]] = _TOKEN.finditer(code)
        if literals := list(_LITERALS.finditer(code)):
            found = sorted([*found, *literals], key=re.Match.start)
        for match in found:
            word = match.group()
            if word == b"{":
                kind, owner = self._opened(match.start())
                self.around.append(kind)
                self.owners.append(owner)
            elif word == b"}":
                if len(self.around) > 1:
                    self.around.pop()
                    self.owners.pop()
            elif word[:1] == b"(":
                self._judge_literals(match.start(), match.end())
            elif self.around[-1] != "enum" and self.code[match.start() : match.end()] == word:
                self._judge(match.start(), match.end())
        return bytes(self.out)

    # where a word stands

    def _opened(self, at: int) -> tuple[str, bytes]:
        """Return what the brace at `at` holds, and the name of the record that it opens."""
        head = self._head(at)
        head = _GENERIC.sub(b"", _GENERIC.sub(b"", _GENERIC.sub(b"", head))).rstrip()
        if _ENUM.search(head) and b"(" not in head:
            return "enum", b""
        found = _RECORD.search(head)
        if not found or head.endswith((b")", b"const", b"noexcept", b"override", b"=")):
            return "statements", b""
        if b"(" in head and not _RECORD_HEAD.match(head):
            return "statements", b""
        if found.group()[:1] in b"ne":
            return "namespace", b""
        named = _NAMED.findall(head[found.end() :].partition(b" :")[0])
        return "record", next((name for name in reversed(named) if name != b"final"), b"")

    def _head(self, at: int) -> bytes:
        """Return what stands between the end of the statement before and `at`."""
        window = bytes(self.code[max(at - _MAX_HEAD, 0) : at])
        return window[max(window.rfind(b";"), window.rfind(b"{"), window.rfind(b"}")) + 1 :]

    def _before(self, at: int) -> bytes:
        """Return the code before `at`, its end without blanks."""
        size = 200
        while True:
            window = bytes(self.code[max(at - size, 0) : at]).rstrip()
            if window or size >= at:
                return window
            size *= 8

    def _next(self, at: int) -> int:
        """Return the offset of the first code at or behind `at`."""
        code = self.code
        while at < len(code) and code[at] in b" \t\r\n\\":
            at += 1
        return at

    def _closed(self, at: int) -> int:
        """Return the offset behind the bracket that closes the one at `at`, -1 when it is far away."""
        depth = 0
        code = self.code
        for index in range(at, min(len(code), at + _MAX_ARGUMENTS)):
            byte = code[index]
            if byte == 40:
                depth += 1
            elif byte == 41:
                depth -= 1
                if depth == 0:
                    return index + 1
        return -1

    def _words_behind(self, at: int) -> list[bytes]:
        """Return the names and keywords behind `at`, up to a bracket, a semicolon, a comma or an `=`."""
        window = bytes(self.code[at : at + 240])
        ends = [place for mark in (b"(", b";", b"=", b"{", b",", b")", b"[", b"}") if (place := window.find(mark)) >= 0]
        cut = window[: min(ends)] if ends else window
        return _WORD.findall(_GENERIC.sub(b"", _GENERIC.sub(b"", cut)))

    # what is made of it

    def _blank(self, start: int, end: int) -> None:
        for text in (self.code, self.out):
            text[start:end] = _NOT_BLANK.sub(b" ", bytes(text[start:end]))

    def _put(self, start: int, end: int, word: bytes) -> None:
        """Write a shorter word in place of what stands between."""
        self._blank(start, end)
        for text in (self.code, self.out):
            text[start : start + len(word)] = word

    def _judge(self, start: int, end: int) -> None:
        before = self._before(start)
        word = _last_word(before)
        bracket = self._next(end)
        behind = bracket
        if self.code[bracket : bracket + 1] == b"(":
            behind = self._closed(bracket)
            if behind < 0:
                return
            if (
                self.around[-1] != "statements"
                and self._begins(before, word, start)
                and self._wraps_type(bracket, behind)
            ):
                self._blank(start, bracket + 1)
                self._blank(behind - 1, behind)
                return
            self._name_types(bracket + 1, behind - 1)
        following = self._next(behind)
        sign = bytes(self.code[following : following + 1])
        if before[-1:] == b'"' or sign == b'"':
            if before[-1:] in b'"(,={' or sign == b'"':
                self._blank(start, behind)
        elif word in (b"class", b"struct", b"union"):
            if self._names_record(following, word):
                self._blank(start, behind)
        elif word in _CONTROLS:
            self._blank(start, behind if sign == b"(" else end)
        elif self._begins(before, word, start):
            self._judge_first(start, end, bracket, behind, following)
        elif self.around[-1] != "statements":
            self._judge_inside(start, end, bracket, behind, following, before, word)

    def _judge_literals(self, start: int, end: int) -> None:
        """Judge a word in small letters by the literals in its brackets, behind which a name with brackets stands."""
        before = self._before(start)
        word = _last_word(before)
        if self.around[-1] in ("namespace", "record") and word.islower() and before[: -len(word)][-1:] in b" \t\r\n*":
            self._blank(self.code.rindex(word, 0, start), end)

    def _names_record(self, at: int, word: bytes) -> bool:
        """Whether the name of a class that is defined or announced begins at `at`: `struct TAG *variable` is none."""
        match = _RECORD_NAME.match(bytes(self.code[at : at + 300]))
        return match is not None and (match.group(1) != b";" or word == b"class")

    def _begins(self, before: bytes, word: bytes, start: int) -> bool:
        """Whether a statement, a declaration or a parameter begins at `start`, specifiers before it not counted."""
        sign = before[-1:]
        if not sign or sign in b";{}" or word in _SPECIFIERS or word in (b"else", b"do"):
            return True
        if sign == b":" and before[-2:] != b"::":
            return b"?" not in self._head(start)
        if sign == b")" and b"__attribute__" in before[-80:]:
            return True
        if sign == b")" and self.around[-1] == "namespace" and _MACROS_ALONE.fullmatch(self._head(start)):
            return True
        if sign == b">":
            return _TEMPLATE.match(self._head(start)) is not None
        return sign == b")" and self.around[-1] == "statements" and self._ends_control(before)

    @staticmethod
    def _ends_control(before: bytes) -> bool:
        """Whether the bracket at the end of `before` closes that of an `if`, a `for` or a `while`."""
        depth = 0
        for index in range(len(before) - 1, -1, -1):
            depth += (before[index] == 41) - (before[index] == 40)
            if depth == 0:
                return _last_word(before[:index].rstrip()) in _CONTROLS
        return False

    def _judge_first(self, start: int, end: int, bracket: int, behind: int, following: int) -> None:
        """Judge a macro with which a statement or declaration begins."""
        sign = bytes(self.code[following : following + 1])
        has_arguments = behind > bracket
        names = self._words_behind(following) if sign.isalpha() or sign in b"_~:" else []
        while names and names[0] in (b"const", b"volatile"):  # `U32 const hash`: a type, as in `U32 hash`
            del names[0]
        first = names[0].split(b"::")[0].strip() if names else b""
        around = self.around[-1]
        if around != "statements":
            if sign == b":" and not has_arguments and self.code[following + 1 : following + 2] != b":":
                if end - start >= 6:
                    self._put(start, end, b"public")
            elif (
                has_arguments
                and sign != b"{"
                and (
                    _BRACKETING.search(self.code, start, end)
                    or _OPERATOR_ARGUMENT.search(bytes(self.code[bracket + 1 : behind - 1]))
                )
            ):
                self._blank(start, behind + (sign == b";") * (following + 1 - behind))
            elif (
                has_arguments
                and around == "namespace"
                and self._before(start)[-1:] != b">"  # what a template head stands before goes on
                and self._stands_alone(behind, following, first)
            ):
                self._end_statement(behind, following)
            elif has_arguments and sign not in _GOES_ON and (names or sign in b"~[}"):
                typedef = self._before(start).endswith(b"typedef")
                self._blank(end if typedef else start, behind)
            elif not has_arguments and (
                first in _STARTS
                or len(names) > 1
                or sign in b"[}~"
                or (first and first in self.owners)
                or (names and _CONSTRUCTOR.search(names[0]))
            ):
                self._blank(start, end)
            elif has_arguments and sign == b"{":
                self._name_made(bracket, behind)
            elif has_arguments and sign == b";" and around == "record" and not self._is_plain(bracket, behind):
                self._blank(start, following + 1)
        elif sign == b"{":
            self._open_block(start, end, bracket, behind, following)
        elif has_arguments and _TWO_WORDS.search(bytes(self.code[bracket + 1 : behind - 1])):
            self._blank(start, behind)
        elif has_arguments and (names or sign == b"}") and first not in (b"else", b"while"):
            self._end_statement(behind, following)
        elif not has_arguments and (first in _STARTS or len(names) > 1 or not sign):
            self._blank(start, end)
        elif not has_arguments and (sign == b"}" or (b"\n" in self.code[end:following] and names)):
            self._end_statement(end, following)

    def _judge_inside(
        self, start: int, end: int, bracket: int, behind: int, following: int, before: bytes, word: bytes
    ) -> None:
        """Judge a macro in the middle of a declaration."""
        sign = bytes(self.code[following : following + 1])
        head = self._head(start)
        named = _WORD.match(bytes(self.code[following : following + 80]))
        first = named.group() if named else b""
        if _TEMPLATE.match(head) and before[-1:] in b",<" and behind > bracket and sign in b",>":
            self._put(start, behind, b"int")
        elif _ENDED.search(before):
            if sign in b";{:=,-" or first in _BEHIND or (behind > bracket and first):
                self._blank(start, behind)
        elif _RECORD_HEAD.match(head) and ((word and sign in b":{") or (before[-1:] == b"]" and first)):
            self._blank(start, behind)
        elif first and word not in _QUALIFIERS and before[-1:] not in b"(,<=":
            # `void INLINE pool::run(`: a type before it, a name with brackets behind it.
            window = bytes(self.code[following : following + 240])
            if b"(" not in head and behind == bracket and _FUNCTION_NAME.match(window):
                self._blank(start, end)
        elif before[-1:] in b"(,":
            if first and (behind > bracket or len(self._words_behind(following)) > 1):
                self._blank(start, behind)
        elif behind == bracket and (sign in (b",", b")") or (sign == b"=" and head.count(b"(") > head.count(b")"))):
            found = _NAMED_PARAMETER.search(before)
            if found is not None and _QUALIFIERS.isdisjoint(found.group(2, 3)):
                self._blank(start, end)

    def _stands_alone(self, behind: int, following: int, first: bytes) -> bool:
        """Whether a use like `DEFINE_WATCHER(prepare, PREPARE)` is a member by itself, not what a declaration begins with."""
        between = bytes(self.code[behind:following])
        return following >= len(self.code) or (b"\n" in between and (first.isupper() or between.count(b"\n") > 1))

    def _wraps_type(self, bracket: int, behind: int) -> bool:
        """Whether the argument is the type of a function whose name follows: `API(char *) name(`."""
        following = self._next(behind)
        name = _FUNCTION_NAME.match(bytes(self.code[following : following + 240]))
        if name is None or name.group().isupper() or self._stands_alone(behind, following, b""):
            return False
        return _TYPE_ARGUMENT.fullmatch(bytes(self.code[bracket + 1 : behind - 1]).strip()) is not None

    def _is_plain(self, bracket: int, behind: int) -> bool:
        return _PLAIN_ARGUMENTS.fullmatch(bytes(self.code[bracket + 1 : behind - 1])) is not None

    def _open_block(self, start: int, end: int, bracket: int, behind: int, brace: int) -> None:
        """`SECTION("x") {` among statements reads as an `if`; what has no argument, or a declared one, as a mere block."""
        if behind == bracket:
            self.blocks[brace] = bytes(self.code[start:end]).decode()
        listed = bytes(self.code[bracket + 1 : behind - 1]).strip()
        if behind == bracket or listed == b"..." or _DECLARED.fullmatch(listed):
            self._blank(start, behind)
        else:
            self.blocks[start] = bytes(self.code[start:end]).decode()
            self._put(start, end, b"if")

    def _name_made(self, bracket: int, behind: int) -> None:
        """`TEST_CASE("a b", "[tag]") {` reads as a function `TEST_CASE(a_b)`: names stay, a first literal becomes one."""
        if self._is_plain(bracket, behind):
            return
        at = bracket + 1
        while (match := _NAME_ARGUMENT.match(self.code, at)) is not None and match.end() < behind:
            at = match.end()
        if at == bracket + 1 and (literal := _FIRST_LITERAL.match(self.out, at)) is not None:
            start, at = literal.span(1)
            named = re.sub(rb"\W", b"_", literal.group(1))
            self._blank(bracket + 1, behind - 1)
            self.out[start:at] = b"_" + named[1:] if named[:1].isdigit() else named
        else:
            self._blank(max(at - 1, bracket + 1), behind - 1)

    def _end_statement(self, end: int, following: int) -> None:
        """Put a semicolon into the blanks between a statement and what follows it."""
        for place in (end, following - 1):
            if end <= place < following and self.out[place] in b" \t" and self.code[place] in b" \t":
                self.out[place] = self.code[place] = 59
                return

    def _name_types(self, start: int, end: int) -> None:
        """Write names for the types among arguments: `THROWS(f(), Error&)`; a call takes values only."""
        listed = bytes(self.code[start:end])
        if not _TYPE_WORD.search(listed):
            return
        at, depth = start, 0
        for index in range(start, end + 1):
            byte = self.code[index] if index < end else 44
            if byte in b"([<{":
                depth += 1
            elif byte in b")]>}":
                depth -= 1
            elif byte == 44 and depth <= 0:
                self._name_type(at, index)
                at = index + 1

    def _name_type(self, start: int, end: int) -> None:
        argument = bytes(self.code[start:end])
        text = argument.strip()
        if text and _TYPE_WORD.search(text) and _TYPE_ARGUMENT.fullmatch(text):
            at = start + argument.index(text)
            self._put(at, at + len(text), re.sub(rb"[^\r\n]", b"T", text))


def _last_word(text: bytes) -> bytes:
    """Return the name or keyword at the end, empty for none; a search for it would begin at every byte before."""
    return text[len(text.rstrip(_WORD_BYTES)) :].lstrip(b"0123456789")
