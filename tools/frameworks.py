"""Which frameworks a repository uses, from what its manifests declare and what its files import. Evidence only."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence

MANIFESTS = frozenset(
    {
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "requirements.txt",
        "package.json",
        "go.mod",
        "Cargo.toml",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
    }
)

FRAMEWORKS: Mapping[str, str] = {
    "aiohttp": "aiohttp", "celery": "Celery", "click": "Click", "django": "Django", "dask": "Dask",
    "fastapi": "FastAPI", "flask": "Flask", "grpc": "gRPC", "jinja2": "Jinja", "kombu": "Kombu",
    "langchain": "LangChain", "langgraph": "LangGraph", "numpy": "NumPy", "pandas": "pandas", "pydantic": "pydantic",
    "pytest": "pytest", "redis": "Redis client", "scrapy": "Scrapy", "sqlalchemy": "SQLAlchemy",
    "starlette": "Starlette", "torch": "PyTorch", "tornado": "Tornado", "typer": "Typer", "unittest": "unittest",
    "@angular.core": "Angular", "@nestjs.core": "NestJS", "electron": "Electron", "express": "Express",
    "fastify": "Fastify", "jest": "Jest", "koa": "Koa", "mocha": "Mocha", "next": "Next.js", "preact": "Preact",
    "react": "React", "svelte": "Svelte", "vitest": "Vitest", "vscode": "VS Code API", "vue": "Vue",
    "github.com.gin-gonic.gin": "Gin", "github.com.labstack.echo": "Echo", "github.com.spf13.cobra": "Cobra",
    "github.com.stretchr.testify": "Testify", "github.com.gorilla.mux": "Gorilla mux", "google.golang.org.grpc": "gRPC",
    "gorm.io.gorm": "GORM", "net.http": "net/http",
    "actix_web": "Actix Web", "actix-web": "Actix Web", "axum": "Axum", "clap": "clap", "diesel": "Diesel",
    "rocket": "Rocket", "serde": "serde", "tokio": "Tokio",
    "org.springframework": "Spring", "org.junit": "JUnit", "org.hibernate": "Hibernate", "io.quarkus": "Quarkus",
    "javax.servlet": "Servlet API", "jakarta.servlet": "Servlet API", "io.netty": "Netty",
    "gtest.gtest.h": "GoogleTest", "boost": "Boost", "QtCore": "Qt",
}  # fmt: skip
"""Package as imported or declared, with `/` and `::` written as `.`, and the framework's own name."""

_PART_OF_LANGUAGE = frozenset({"unittest", "net/http"})
"""Nothing to declare: a manifest with such a word means something else."""

_NODE_MODULES = frozenset(
    {
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "dns",
        "domain",
    }
    | {
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
    }
    | {"querystring", "readline", "repl", "stream", "string_decoder", "timers", "tls", "tty", "url", "util", "v8", "vm"}
    | {"wasi", "worker_threads", "zlib"}
)

_WORD = re.compile(r"[@\w][\w@./-]*\w")
_XML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DOTTED_MANIFESTS = frozenset({"go.mod", "pom.xml", "build.gradle", "build.gradle.kts"})
"""Here a package is named by a host or a domain, so that `express` is a word of a licence."""
_DOMAINS = frozenset(
    {"ai", "app", "ch", "co", "com", "de", "dev", "edu", "eu", "fr", "io", "jp", "me", "net", "org", "uk"}
)
"""What package names of Java begin with: `com` says nothing, `com.google.common` does."""


def framework_of(package: str) -> str | None:
    """Return the framework that a dotted external name belongs to."""
    parts = package.replace("::", ".").replace("/", ".").split(".")
    for length in range(len(parts), 0, -1):
        name = FRAMEWORKS.get(".".join(parts[:length]))
        if name is not None:
            return name
    return None


def declared(text: str, manifest: str = "") -> Iterable[str]:
    """Yield the frameworks that a manifest's text names, in order of appearance. A plain word in a manifest of dotted packages is none."""
    dotted = manifest.rpartition("/")[2] in _DOTTED_MANIFESTS
    for line in _XML_COMMENT.sub("", text).splitlines():
        if not line.lstrip().startswith(("#", "//", "description", '"description')):
            for word in _WORD.findall(line):
                name = framework_of(word)
                if name is not None and name not in _PART_OF_LANGUAGE and (not dotted or "." in word or "/" in word):
                    yield name


def is_standard(language: str, package: str) -> bool:
    """Return whether a package comes with its language, so that nobody has to install it."""
    if language == "python":
        return package in sys.stdlib_module_names
    if language == "go":
        return "." not in package.partition("/")[0]
    if language in ("javascript", "typescript"):
        return package.startswith("node:") or package in _NODE_MODULES
    if language == "java":
        return package in ("java", "javax", "jdk")
    if language == "rust":
        return package in ("std", "core", "alloc", "crate", "self", "super")
    return False


def line_showing(lines: Sequence[str], framework: str) -> int:
    """Return the 1-based number of the first line that names a package of the framework, 1 when none does."""
    for number, line in enumerate(lines, 1):
        if any(framework_of(word) == framework for word in _WORD.findall(line)):
            return number
    return 1


def package_of(name: str) -> str:
    """Return the package of a dotted or slashed external name.

    `os` of `os.path`, `golang.org/x/sync` of `golang.org/x/sync/errgroup`, `com.google.common` of `com.google.common.collect.Lists`.
    """
    if name.startswith("@") and "/" in name:
        scope, _, rest = name.partition("/")
        return f"{scope}/{rest.partition('/')[0].partition('.')[0]}"
    if "/" in name:
        parts = name.split("/")
        return "/".join(parts[:3] if "." in parts[0] else parts[:1])
    parts = name.replace("::", ".").split(".")
    if parts[0] in _DOMAINS and len(parts) > 2:
        return ".".join([*parts[:2], *(part for part in parts[2:3] if part[:1].islower())])
    return parts[0] or name
