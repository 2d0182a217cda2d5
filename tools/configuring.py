"""What can be configured: settings, options, flags and environment variables, found where code reads them and documents name them.

Text only: each line is read by the forms in which programs of the eight languages ask for a value from outside. A form says
where the name stands, and the default and the help where they are written beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from knowledge.schema import Symbol, SymbolKind
from knowledge.text import query_terms, stem

MAX_LINES = 20_000
LONGEST_LINE = 2_000
"""Characters of a line of code that the forms are looked for in: what a longer one holds was written by a program."""
IN_EXAMPLE = " in the example"
"""Ends a value that an example of a document gives, which is no default."""
_BELOW = 8
"""Lines below a name in which its default or help may be written."""

_CONFIGURING_PATH = re.compile(
    r"(?:^|[/_.-])(?:settings?|config(?:uration)?s?|conf|defaults?|options?|flags?|env(?:ironment)?|properties|cli|args|arguments)(?:[/_.-]|$)",
    re.IGNORECASE,
)
_OWNER = re.compile(r"(?:Options?|Config(?:uration)?s?|Settings?|Properties|Conf|Defaults?|Flags|Args|Params)$")
_TEXT = r"""["'`]"""

_ENVIRONMENT = (
    re.compile(rf"\benviron(?:\.get|\.setdefault|\.pop)?\s*[\[(]\s*{_TEXT}(?P<name>\w+){_TEXT}(?:\s*,\s*(?P<default>[^)\]\n]+))?"),
    re.compile(rf"\b(?:os\.)?(?:getenv|Getenv|LookupEnv|secure_getenv)\(\s*{_TEXT}(?P<name>\w+){_TEXT}(?:\s*,\s*(?P<default>[^)\n]+))?"),
    re.compile(r"\bprocess\.env(?:\.(?P<name>[A-Za-z_]\w*)|\[['\"](?P<name2>\w+)['\"]\])(?:\s*(?:\|\||\?\?)\s*(?P<default>[^;,)\n]+))?"),
    re.compile(r"\benv::var(?:_os)?\(\s*\"(?P<name>\w+)\""),
    re.compile(r"\b(?:option_)?env!\(\s*\"(?P<name>\w+)\""),
    re.compile(rf"\benv(?:\.\w+)?\(\s*{_TEXT}(?P<name>[A-Z][A-Z0-9_]+){_TEXT}(?:\s*,\s*(?:default\s*=\s*)?(?P<default>[^),\n]+))?"),
    re.compile(r"\benvvar\s*=\s*['\"](?P<name>\w+)['\"]"),
)  # fmt: skip
_OPTIONS = (
    re.compile(r"""(?:add_argument|\boption|\bOption|\.add_option)\(\s*(?:["']-\w["']\s*,\s*)?["'](?P<name>--?[\w-]{2,})["']"""),
    re.compile(r"""^\s*(?:["']-\w["']\s*,\s*)?["'](?P<name>--[\w-]{2,})["']\s*,"""),
    re.compile(r"""\.option\(\s*["'`](?P<name>[^"'`\n]{2,60})["'`](?:\s*,\s*["'`](?P<help>[^"'`\n]*))?"""),
    re.compile(
        r"\.(?:String|Bool|Int|Int32|Int64|Uint|Uint32|Uint64|Float64|Duration|StringSlice|StringArray|Count|IP)(?:Var)?P?\("
        r"\s*(?:&?[\w.]+\s*,\s*)?\"(?P<name>[\w.-]+)\"\s*,\s*(?:\"\w?\"\s*,\s*)?(?P<default>[^,\n]+),\s*\"(?P<help>[^\"\n]*)"
    ),
    re.compile(r"@(?:CommandLine\.)?Option\(\s*names?\s*=\s*\{?\s*\"(?P<name>--?[\w-]+)\""),
)  # fmt: skip
_DECLARING_CALL = r"\b_?(?:create|register|define|declare|add)_?\w*(?:config|setting|option|param|flag|variable)\w*"
_KEYS = (
    re.compile(  # C: `createIntConfig("io-threads", ...)`, `DefineCustomIntVariable("pl.depth", ...)`
        rf"{_DECLARING_CALL}\(\s*\"(?P<name>[A-Za-z][\w.-]{{2,60}})\"\s*,", re.IGNORECASE
    ),
    re.compile(  # Java: properties of the system through a reader, or under a constant that says that it is one
        r"\b(?:\w*[Pp]ropert(?:y|ies)\w*\.get\w*|Boolean\.getBoolean|Integer\.getInteger|Long\.getLong)"
        r"\(\s*\"(?P<name>[\w.-]+)\"(?:\s*,\s*(?P<default>[^,;\n]+?)\)*\s*[,;])?"
    ),
    re.compile(
        r"\bString\s+\w*(?:PROP|CONFIG|OPTION|SETTING)\w*\s*=\s*\"(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)+)\""
    ),
    re.compile(r"\bgetProperty\(\s*\"(?P<name>[\w.-]+)\"(?:\s*,\s*\"?(?P<default>[^\")\n]*))?"),
    re.compile(r"@Value\(\s*\"\$\{(?P<name>[\w.-]+)(?::(?P<default>[^}]*))?\}"),
    re.compile(r"@ConfigurationProperties\(\s*(?:prefix\s*=\s*)?\"(?P<name>[\w.-]+)\""),
    re.compile(
        r"^\s*(?P<name>[A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:\w+\.)*(?:Option|Setting|Field|ConfigOption|Opt|(?:Int|Str|Bool|List|Float)Opt)"
        r"\(\s*(?:(?:.*?,\s*)?default\s*=\s*|(?!\w+\s*=[^=]))(?P<default>(?:[^,()\n]|\([^()\n]*\))*)|"
        r"^\s*(?P<name2>[A-Za-z_]\w*)\s*=\s*(?:\w+\.)*(?:Option|Setting|Field|ConfigOption|Opt|(?:Int|Str|Bool|List|Float)Opt)\("
    ),
    re.compile(r"viper\.(?:SetDefault|BindEnv)\(\s*\"(?P<name>[\w.-]+)\"(?:\s*,\s*(?P<default>[^)\n]+))?"),
)  # fmt: skip
_DOCUMENTED = (
    re.compile(r"^\s*\.\.\s+(?:setting|confval|envvar|option|configuration|conf)::\s*(?P<name>[^\s,]+)"),
    re.compile(r"^\s*\|\s*`(?P<name>[\w.:-]{3,60})`\s*\|(?P<help>[^\n]*)"),
    re.compile(r"^#{2,6}\s+`(?P<name>[\w.-]{3,60})`\s*$"),
    re.compile(r"^\s*(?:\w+\.)*(?P<within>\w+)\s*=\s*\{\s*['\"](?P<name>\w+)['\"]\s*:\s*(?P<default>[^,}#\n]+)"),
    re.compile(r"^\s*(?:\w+\.)*(?:conf|config|settings|options)\.(?P<name>\w+)\s*=(?!=)\s*(?P<default>[^#\n{]+)"),
    re.compile(r"^\s*[-*]\s+`(?P<name>(?:--[\w-]+|[A-Z][A-Z0-9_]{3,}))`\s*[:\u2013\u2014-]\s*(?P<help>[^\n]*)"),
)
_CONSTANT = re.compile(r"^(?P<name>[A-Z][A-Z0-9_]{2,})\s*(?::[^=\n]+)?=\s*(?P<default>[^\n]+)")

_CAPITALS = re.compile(r"^[A-Z]")
_OPENED = re.compile(r"\s*(\w+)\s*=\s*(?:\w+\.)*(?:Namespace|OptGroup|Group|Section)\(\s*$")
_CODE_FORMS = [
    ("environment", re.compile(r"env", re.IGNORECASE), _ENVIRONMENT),
    (
        "option",
        re.compile(r"--\w|option|\.(?:String|Bool|U?[Ii]nt|Float|Duration|Count|IP)\w*\(", re.IGNORECASE),
        _OPTIONS,
    ),
    (
        "key",
        re.compile(
            r"Option|Setting|Field|Opt\(|[Pp]ropert(?:y|ies)\w*\.get|getProperty|PROP|CONFIG|SETTING|OPTION|@Value|@ConfigurationProperties|viper\."
            r"|get(?:Boolean|Integer|Long)\(|(?:create|register|define|declare|add)\w*\(\s*\"",
            re.IGNORECASE,
        ),
        _KEYS,
    ),
]
"""Kind, what a line must hold to be looked at, and the forms."""
_DOCUMENT_FORMS = [("document", re.compile(r"\.\. |`|=|^#", re.MULTILINE), _DOCUMENTED)]

_DEFAULT_BELOW = re.compile(
    r"\bdefault(?:s|_value)?\s*(?:\(|=|:)+\s*(?:to\s+)?(?P<value>[^,\n]+?)\s*(?:[,)\]]|$)", re.IGNORECASE
)
_HELP_BELOW = re.compile(r"""\b(?:help|description|usage)\s*[=:]\s*\(?\s*[fr]?["'](?P<text>[^"'\n]+)""")
_RST_DEFAULT = re.compile(r"^\s*Default(?:s)?\s*(?:value)?\s*:\s*(?P<value>.+?)\s*$", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"\s*(?:(?:const|let|var|final|static|val|public|private|export)\s+)*(?:self\.|this\.)?(\w+)\s*(?::[^=\n]+?)?:?=[^=]"
)
_NOISE = frozenset(
    stem(word)
    for word in [
        "configure",
        "config",
        "configuration",
        "setting",
        "settings",
        "option",
        "options",
        "set",
        "change",
        "default",
        "value",
        "values",
        "enable",
        "disable",
        "turn",
        "use",
        "variable",
        "variables",
        "environment",
        "env",
        "flag",
        "flags",
        "parameter",
        "parameters",
        "argument",
        "arguments",
        "key",
        "keys",
        "control",
        "adjust",
        "there",
        "available",
        "customise",
        "customize",
        "have",
        "take",
        "command",
        "line",
        "cli",
        "read",
        "exist",
        "list",
        "show",
        "support",
        "honour",
        "honor",
        "know",
    ]
)
"""Words of a question that only say that something is to be set."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set. kind: environment, option, key, field or document. default, help: as written, else empty.

    within: what its name is a part of (`broker` of `broker.url`, the struct that a field is in). place: the function that reads it.
    """

    name: str
    kind: str
    path: str
    line: int
    default: str = ""
    help: str = ""
    within: str = ""
    symbol: str | None = None
    place: str = ""


def tells_of_settings(path: str) -> bool:
    """Whether a file is, by its name or folder, one that holds settings."""
    return _CONFIGURING_PATH.search(path) is not None


def settings_in(path: str, lines: Sequence[str], outline: Sequence[Symbol], *, is_document: bool) -> list[Setting]:
    """Return the settings that a file reads, declares or documents, by line; one a name and line."""
    found: dict[tuple[str, int], Setting] = {}
    for setting in [*_by_form(path, lines, is_document=is_document), *_fields(path, lines, outline)]:
        place = "" if setting.within or is_document else _around(outline, setting.line)
        found.setdefault((setting.name, setting.line), replace(setting, place=place))
    return sorted(found.values(), key=lambda one: one.line)


def best_fitting(settings: Sequence[Setting], question: str, projects: Iterable[str] = ()) -> list[Setting]:
    """Return the settings that the words of the question are about, the best first: one place a name and kind.

    A question without a word that tells them apart (`which environment variables are there?`) gets them in order; the names of the
    projects that were asked tell nothing apart.
    """
    own = set(query_terms(" ".join(projects)))
    wanted = {term for term in query_terms(question) if term.decode("utf-8", "replace") not in _NOISE} - own
    kinds = kinds_meant(question)
    asked_for = [one for one in settings if not kinds or one.kind in kinds]
    if not any(_score(one, wanted) for one in asked_for):
        asked_for = list(settings)
    chosen: dict[tuple[str, str], tuple[float, Setting]] = {}
    for setting in asked_for:
        score = _score(setting, wanted)
        if score and is_written_in(setting.name, question):
            score += 1.0
        key = setting.name.strip("-").lower(), "document" if setting.kind == "document" else "code"
        if (score > 0 or not wanted) and (key not in chosen or score > chosen[key][0]):
            chosen[key] = score, setting
    ranked = sorted(chosen.values(), key=lambda one: (-one[0], one[1].kind == "document", one[1].path, one[1].line))
    least = ranked[0][0] * 0.6 if ranked else 0.0
    return [setting for score, setting in ranked if score >= least]


def is_written_in(name: str, question: str) -> bool:
    """Whether the name of a setting, one that no sentence holds by chance (`maxmemory-policy`), stands in the question as it is."""
    bare = name.strip("-").lower()
    told = re.search(r"\w[-._:]\w", bare) is not None
    return told and re.search(rf"(?<![\w.-]){re.escape(bare)}(?![\w-])", question.lower()) is not None


def kinds_meant(question: str) -> frozenset[str]:
    """Return the kinds of settings that a question names; none when it names none."""
    lower = question.lower()
    if re.search(r"\benv(?:ironment)?\b[\s-]*var|\benvvar", lower):
        return frozenset({"environment"})
    if re.search(r"\b(?:flags?|command[\s-]line|switch(?:es)?)\b", lower):
        return frozenset({"option"})
    return frozenset()


def _score(setting: Setting, wanted: Set[bytes]) -> float:
    if not wanted:
        return 1.0
    name = set(query_terms(f"{setting.name.strip('-')} {setting.within}"))
    beside = set(query_terms(f"{setting.help} {setting.place} {setting.path.rpartition('/')[2]}"))
    said = len(wanted & name) + 0.5 * len(wanted & (beside - name))
    shared = len(wanted & name) / max(len(name), 1)
    return (said / len(wanted)) + 0.25 * shared if said else 0.0


def _by_form(path: str, lines: Sequence[str], *, is_document: bool) -> Iterator[Setting]:
    """Yield what the forms of a file bring up. A look at the whole text, then at each line, spares most of them."""
    forms = _DOCUMENT_FORMS if is_document else _CODE_FORMS
    lines = [line if is_document or len(line) <= LONGEST_LINE else "" for line in lines[:MAX_LINES]]
    text = "\n".join(lines)
    forms = [form for form in forms if form[1].search(text)]
    if not is_document and tells_of_settings(path) and path.endswith((".py", ".pyi")):
        forms.append(("key", _CAPITALS, (_CONSTANT,)))
    within: list[tuple[int, str]] = []
    for number, line in enumerate(lines if forms else (), 1):
        indent = len(line) - len(line.lstrip())
        if line.strip():
            while within and within[-1][0] >= indent:
                within.pop()
        for kind, trigger, patterns in forms:
            if trigger.search(line) is None or (kind == "key" and line.lstrip().startswith(("#", "//", ";"))):
                continue
            for pattern in patterns:
                match = pattern.search(line)
                if match is None:
                    continue
                if pattern is _CONSTANT and any(form.search(line) for form in _ENVIRONMENT):
                    continue  # the variable that it is read from is what one sets
                yield _setting(kind, path, number, match, lines, [name for _, name in within])
                break
        if line.rstrip().endswith("(") and (opened := _OPENED.match(line)) is not None:
            within.append((indent, opened[1]))


def _setting(
    kind: str, path: str, number: int, match: re.Match[str], lines: Sequence[str], within: Sequence[str]
) -> Setting:
    groups: Mapping[str, str | None] = match.groupdict()
    name = groups.get("name") or groups.get("name2") or ""
    below = lines[number - 1 : number + _BELOW]
    default, told = groups.get("default") or "", groups.get("help") or ""
    if kind == "document" and default:  # set in an example: nothing below belongs to it
        default = f"{default.strip()}{IN_EXAMPLE}"
    elif kind == "document":
        default, told = _documented(below, told)
    elif kind == "environment":
        assigned = _ASSIGNED.match(lines[number - 1])
        told = f"read into '{assigned[1]}'" if assigned is not None and assigned[1] not in (name, "envvar") else ""
    elif kind == "option":
        below = _call(below)
        default = default or next((found["value"] for line in below if (found := _DEFAULT_BELOW.search(line))), "")
        told = told or next((found["text"] for line in below if (found := _HELP_BELOW.search(line))), "")
    of = groups.get("within")
    return Setting(name, kind, path, number, _tidy(default), _tidy(told.strip(" |")), of or ".".join(within))


def _call(lines: Sequence[str]) -> list[str]:
    """Return the lines of a call that begins in the first one, so that the next option's default is not taken."""
    depth, taken = 0, []
    for line in lines:
        taken.append(line)
        depth += line.count("(") - line.count(")")
        if depth <= 0:
            break
    return taken


def _documented(below: Sequence[str], told: str) -> tuple[str, str]:
    """Return the default and the first sentence that a document gives below the name."""
    default = ""
    for line in below[1:]:
        if re.match(r"\s*\.\.\s+\w+::|^#{1,6}\s", line):
            break
        found = _RST_DEFAULT.match(line)
        if found is not None:
            default = default or found["value"].rstrip(".")
        elif not told and len(line.split()) >= 4 and not line.lstrip().startswith((".", "``", "~", "=")):
            told = line.strip()
    return default, told


def _around(outline: Sequence[Symbol], line: int) -> str:
    """Return the name of the innermost function or class around a line."""
    inside = [one for one in outline if one.local_name and one.start_line <= line <= one.end_line]
    return max(inside, key=lambda one: one.start_line).local_name if inside else ""


def _fields(path: str, lines: Sequence[str], outline: Sequence[Symbol]) -> Iterator[Setting]:
    """Yield the fields of types that are settings by their name: `Options`, `ServerConfig`, `AppSettings`."""
    by_name = {symbol.local_name: symbol for symbol in outline}
    for symbol in outline:
        owner, _, name = symbol.local_name.rpartition(".")
        kind = by_name[owner].kind if owner in by_name else None
        if symbol.kind is not SymbolKind.VARIABLE or kind not in (SymbolKind.CLASS, SymbolKind.INTERFACE):
            continue
        if _OWNER.search(owner) and not name.startswith("_"):
            text = lines[symbol.line - 1] if symbol.line <= len(lines) else ""
            default = re.search(r"=\s*(?P<value>[^;\n]+)", text)
            told = symbol.docstring.strip() or _comment_above(lines, symbol.line)
            yield Setting(
                name, "field", path, symbol.line, _tidy(default["value"] if default else ""), _tidy(told), owner, symbol.qualified_name
            )  # fmt: skip


def _comment_above(lines: Sequence[str], line: int) -> str:
    above: list[str] = []
    for text in reversed(lines[max(line - 7, 0) : line - 1]):
        bare = text.strip()
        if not bare.startswith(("//", "#", "*", "/*")):
            break
        above.insert(0, bare.strip("/#* "))
    return " ".join(above)


def _tidy(text: str) -> str:
    flat = " ".join(text.split()).strip().rstrip(",;")
    while flat.endswith(")") and flat.count("(") < flat.count(")"):
        flat = flat[:-1].rstrip()
    flat = flat.replace("`", "'")
    return flat if len(flat) <= 120 else flat[:119].rsplit(" ", 1)[0] + "…"
