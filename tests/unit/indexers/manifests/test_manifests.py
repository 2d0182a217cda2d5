from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.dependencies import Dependencies
from indexers.manifests import Manifest, ManifestError, is_manifest, read_manifest

SOURCES = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools>=77"]
[project]
name = "shop"
dependencies = ["click>=8.2", "kombu[redis] >= 5 ; python_version > '3.8'", "./local/path"]
[project.optional-dependencies]
fast = ["orjson"]
test = ["pytest"]
[dependency-groups]
lint = ["ruff", {include-group = "test"}]
[tool.poetry.dependencies]
python = "^3.11"
httpx = {version = "^0.28", optional = true}
[tool.poetry.group.dev.dependencies]
mypy = "*"
""",
    "Pipfile": '[packages]\nflask = "*"\n[dev-packages]\npytest = {version = ">=8"}\n',
    "setup.cfg": """
[metadata]
name = shop
[options]
install_requires =
    click>=8
    importlib_metadata; python_version < "3.10"
[options.extras_require]
docs = sphinx
""",
    "setup.py": """
from setuptools import setup
NEEDS = ["click>=8", "kombu"]
EXTRAS = {"test": ["pytest"], "redis": computed()}
setup(name="shop", install_requires=NEEDS, extras_require=EXTRAS, setup_requires="wheel")
""",
    "requirements-dev.txt": "# tools\n-r base.txt\nruff==0.14 --hash=sha256:aa\npytest \\\n  >= 9  # newest\nhttps://host/x.whl\n",
    "package.json": """{"name": "@shop/web",
 "dependencies": {"@types/node": "^20", "react": "18"},
 "devDependencies": {"vitest": "1"}, "peerDependencies": {"vue": ">=3"}, "scripts": {"test": "vitest"}}""",
    "pom.xml": """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>de.shop</groupId><artifactId>web</artifactId><version>1</version>
  <properties><junit.version>5.1</junit.version></properties>
  <dependencies>
    <dependency><groupId>org.junit</groupId><artifactId>junit</artifactId><version>${junit.version}</version><scope>test</scope></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId></dependency>
  </dependencies>
</project>""",
    "build.gradle": """
plugins { id 'java' }
// implementation 'not:this:1'
repositories { mavenCentral() }
dependencies {
    implementation 'com.google.guava:guava:33.0'
    testImplementation("org.junit:junit:5")
    implementation project(':core')
    compileOnly group: 'javax.servlet', name: 'servlet-api', version: '4'
    /* api "also:not:this" */
}
tasks.register('x') { doLast { println 'a:b:c' } }
""",
    "go.mod": """module example.com/shop // ours

go 1.22

require example.com/log v1.2.0
require (
	github.com/x/y v0.1.0
	golang.org/x/net v0.2.0 // indirect
)
replace github.com/x/y => ../y
""",
    "Cargo.toml": """
[package]
name = "shop"
[dependencies]
serde = "1"
tokio = { version = "1.2", optional = true }
json = { package = "serde_json", version = "1" }
[dependencies.same-file]
version = "1.0"
[dev-dependencies]
proptest = "1"
[target.'cfg(unix)'.build-dependencies]
cc = "1"
""",
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.20)
project(shop CXX)
# find_package(NotThis)
#[[ find_package(NorThis) ]]
find_package(Boost 1.80 REQUIRED COMPONENTS system)
find_package(CURL)
find_package(${LATER})
FetchContent_Declare(googletest GIT_REPOSITORY "https://host/g.git" GIT_TAG v1.14)
""",
    "vcpkg.json": '{"name": "shop", "dependencies": ["fmt", {"name": "zlib", "version>=": "1.3"}, {"name": "cmake", "host": true}]}',
    "conanfile.txt": "[requires]\nfmt/10.1@user/stable\nzlib/1.3\n[tool_requires]\ncmake/3.28\n[generators]\nCMakeDeps\n",
}
EXPECTED = {
    "pyproject.toml": (
        "shop",
        "click:runtime kombu:runtime orjson:optional pytest:dev ruff:dev setuptools:build httpx:runtime mypy:dev",
    ),
    "Pipfile": ("", "flask:runtime pytest:dev"),
    "setup.cfg": ("shop", "click:runtime importlib_metadata:runtime sphinx:dev"),
    "setup.py": ("shop", "click:runtime kombu:runtime pytest:dev wheel:build"),
    "requirements-dev.txt": ("", "ruff:runtime pytest:runtime"),
    "package.json": ("@shop/web", "@types/node:runtime react:runtime vue:peer vitest:dev"),
    "pom.xml": ("de.shop:web", "org.junit:junit:dev de.shop:core:runtime"),
    "build.gradle": ("", "com.google.guava:guava:runtime org.junit:junit:dev javax.servlet:servlet-api:build"),
    "go.mod": ("example.com/shop", "example.com/log:runtime github.com/x/y:runtime golang.org/x/net:indirect"),
    "Cargo.toml": ("shop", "serde:runtime tokio:optional serde_json:runtime same-file:runtime proptest:dev cc:build"),
    "CMakeLists.txt": ("shop", "Boost:runtime CURL:optional googletest:runtime"),
    "vcpkg.json": ("shop", "fmt:runtime zlib:runtime cmake:build"),
    "conanfile.txt": ("", "fmt:runtime zlib:runtime cmake:build"),
}


def read(path: str, text: str) -> Manifest:
    manifest = read_manifest(path, text)
    assert manifest is not None
    return manifest


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_what_a_manifest_declares(name: str) -> None:
    manifest = read(f"folder/{name}", SOURCES[name])
    declared = " ".join(f"{one.name}:{one.group}" for one in manifest.dependencies)
    assert (manifest.name, declared) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_dependency_stands_where_its_name_is_written(name: str) -> None:
    lines = SOURCES[name].split("\n")
    for one in read(name, SOURCES[name]).dependencies:
        written = one.name.rpartition(":")[2]
        assert lines[one.line - 1][one.column - 1 :].startswith(written), one


def test_versions_are_kept_as_written() -> None:
    requirements = {one.name: one.requirement for one in read("Cargo.toml", SOURCES["Cargo.toml"]).dependencies}
    assert requirements["tokio"] == "1.2"
    maven = {one.name: one.requirement for one in read("pom.xml", SOURCES["pom.xml"]).dependencies}
    assert maven["org.junit:junit"] == "5.1"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("a/requirements/base.txt", True),
        ("test-requirements.txt", True),
        ("requirements_dev.in", True),
        ("a/notes.txt", False),
        ("go.sum", False),
    ],
)
def test_which_files_are_manifests(path: str, expected: bool) -> None:
    assert is_manifest(path) is expected
    assert (read_manifest(path, "") is not None) is expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project\n"),
        ("package.json", "[1, 2"),
        ("package.json", "[]"),
        ("pom.xml", "<project>"),
        ("pom.xml", '<!DOCTYPE x [<!ENTITY a "b">]><project/>'),
        ("setup.cfg", "no section"),
        ("setup.py", "def (:"),
        ("go.mod", "require (\n"),
        ("CMakeLists.txt", "project(a))"),
        ("vcpkg.json", "nothing"),
        ("conanfile.txt", "fmt/1"),
    ],
)
def test_a_broken_manifest_says_so(name: str, text: str) -> None:
    with pytest.raises(ManifestError):
        read_manifest(name, text)


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(sorted(SOURCES)), at=st.integers(0, 2_000), cut=st.text(max_size=8))
def test_a_mutated_manifest_is_read_or_refused(name: str, at: int, cut: str) -> None:
    text = SOURCES[name]
    at %= len(text)
    with contextlib.suppress(ManifestError):
        read(name, text[:at] + cut + text[at + len(cut) // 2 + 1 :])


def test_a_dependency_on_a_sibling_stays_inside() -> None:
    texts = {
        "web/package.json": '{"name": "@shop/web", "dependencies": {"@shop/core": "*", "react": "18"}}',
        "core/package.json": '{"name": "@shop/core"}',
        "tool/pyproject.toml": '[project]\nname = "react"\n',
    }
    found = Dependencies(texts)
    rows = list(found.relations({path: number for number, path in enumerate(texts)}))
    assert [(row[4], row[5], row[6], row[2].value) for row in rows] == [
        (0, 1, None, "exact"),
        (0, -1, "react", "external"),
    ]
    assert found.issues == []


def test_what_cannot_be_read_is_an_issue() -> None:
    found = Dependencies({"a/package.json": "{", "b/package.json": '{"dependencies": {"x": "1"}}'})
    assert [(issue.path, issue.reason, issue.covered) for issue in found.issues] == [("a/package.json", "syntax", True)]
    assert len(list(found.relations({"a/package.json": 0, "b/package.json": 1}))) == 1
    assert list(found.relations({})) == []


@pytest.mark.parametrize("name", ["pyproject.toml", "Pipfile", "Cargo.toml", "package.json"])
def test_a_manifest_that_is_nested_too_deep_is_told_so(name: str) -> None:
    with pytest.raises(ManifestError):
        read_manifest(name, f"{'' if name.endswith('json') else 'a = '}{'[' * 9_000}")
