"""Ten stacks as trees of files: what each is built with, at the line that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.evidence.stack import stack_at
from configs.stack import StackRule, stack_rules
from tests.unit.indexers.git_repositories import write
from tools.stack import is_telling, stack_of

STACKS: dict[str, tuple[dict[str, str | bytes], set[str]]] = {
    "django": (
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
            "pyproject.toml": '[build-system]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "shop"\ndependencies = ["django>=5"]\n',
            "pytest.ini": "[pytest]\n",
            ".github/workflows/ci.yml": "on: push\njobs:\n  test: {}\n",
        },
        {"Django pyproject.toml:6", "setuptools pyproject.toml:2", "pytest pytest.ini:1", "GitHub Actions .github/workflows/ci.yml:2"},
    ),
    "fastapi": (
        {
            "pyproject.toml": '[tool.poetry]\nname = "api"\n\n[tool.poetry.dependencies]\nfastapi = "^0.1"\nsqlalchemy = "2"\n',
            "alembic.ini": "[alembic]\n",
            "Dockerfile": "# api\nFROM python:3.12\n",
            "docker-compose.yml": "services:\n  api: {}\n",
        },
        {"FastAPI pyproject.toml:5", "Poetry pyproject.toml:1", "SQLAlchemy pyproject.toml:6", "Alembic alembic.ini:1", "Docker Dockerfile:2", "Docker Compose docker-compose.yml:1"},
    ),
    "next": (
        {
            "package.json": '{\n "scripts": {"build": "next build", "test": "vitest"},\n "dependencies": {"next": "15", "react": "19"},\n "devDependencies": {"typescript": "5", "vitest": "3", "express": "5"}\n}\n',
            "pnpm-lock.yaml": "lockfileVersion: 9\n",
            "vercel.json": "{}\n",
        },
        {"Next.js package.json:2", "React package.json:3", "TypeScript package.json:4", "Vitest package.json:2", "npm scripts package.json:2", "npm test package.json:2", "pnpm pnpm-lock.yaml:1", "Vercel vercel.json:1"},
    ),
    "nest": (
        {"package.json": '{\n "dependencies": {\n  "@nestjs/core": "11",\n  "typeorm": "0.3"\n },\n "devDependencies": {\n  "jest": "30"\n }\n}\n', "tsconfig.json": "{}\n"},
        {"NestJS package.json:3", "TypeORM package.json:4", "Jest package.json:7", "TypeScript tsconfig.json:1"},
    ),
    "spring": (
        {"build.gradle": "plugins {\n  id 'org.springframework.boot' version '3.5.0'\n}\ndependencies {\n  testImplementation 'org.junit.jupiter:junit-jupiter:5.1'\n}\n", "Jenkinsfile": "pipeline {}\n"},
        {"Spring Boot build.gradle:2", "Gradle build.gradle:1", "JUnit build.gradle:5", "Jenkins Jenkinsfile:1"},
    ),
    "maven": (
        {"pom.xml": "<project>\n<artifactId>a</artifactId>\n<dependencies><dependency>\n<groupId>org.hibernate</groupId>\n<artifactId>hibernate-core</artifactId>\n<version>6</version>\n</dependency></dependencies>\n</project>\n"},
        {"Maven pom.xml:1", "Hibernate pom.xml:5"},
    ),
    "go": (
        {"go.mod": "module example.org/kv\n\ngo 1.23\n\nrequire (\n\tgithub.com/spf13/cobra v1.8.1\n\tgithub.com/stretchr/testify v1.10.0\n)\n", "Makefile": "X := 1\nall:\n\tgo build\ntest:\n\tgo test\n", ".golangci.yml": "linters: {}\n", "deploy/app.yaml": "apiVersion: apps/v1\nkind: Deployment\n"},
        {"Cobra go.mod:6", "Go modules go.mod:1", "go test go.mod:3", "Testify go.mod:7", "Make Makefile:2", "make test Makefile:4", "golangci-lint .golangci.yml:1", "Kubernetes deploy/app.yaml:2"},
    ),
    "rust": (
        {"Cargo.toml": '[package]\nname = "a"\n\n[dependencies]\naxum = "0.8"\ntokio = "1"\n\n[dev-dependencies]\ncriterion = "0.5"\n', "fly.toml": "app = 'a'\n"},
        {"Cargo Cargo.toml:1", "Axum Cargo.toml:5", "Tokio Cargo.toml:6", "criterion Cargo.toml:9", "Fly.io fly.toml:1"},
    ),
    "cpp": (
        {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\nfind_package(Boost REQUIRED)\nenable_testing()\nadd_subdirectory(unit)\n", "unit/CMakeLists.txt": "target_link_libraries(t GTest::gtest_main)\n", "vcpkg.json": '{"dependencies": ["fmt"]}\n'},
        {"CMake CMakeLists.txt:1", "Boost CMakeLists.txt:2", "CTest CMakeLists.txt:3", "GoogleTest unit/CMakeLists.txt:1", "vcpkg vcpkg.json:1"},
    ),
    "c": (
        {"configure.ac": "AC_INIT([a], [1])\n", "Makefile.am": "bin_PROGRAMS = a\n", ".travis.yml": "language: c\n", ".gitlab-ci.yml": "test: {}\n"},
        {"Autotools Makefile.am:1", "Travis CI .travis.yml:1", "GitLab CI .gitlab-ci.yml:1"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_told_by_the_lines_that_show_it(name: str, tmp_path: Path) -> None:
    files, expected = STACKS[name]
    parts = stack_at(write(tmp_path, files))
    assert {f"{part.name} {part.path}:{part.line}" for part in parts} == expected
    for part in parts:
        written = (tmp_path / part.path).read_text().split("\n")
        assert part.shown == written[part.line - 1].strip()
        assert "{path}" not in part.advice


def test_tests_examples_and_foreign_code_show_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"examples/a/package.json": '{"dependencies": {"react": "19"}}', "node_modules/x/Dockerfile": "FROM a\n", "tests/Dockerfile": "FROM b\n", "README.md": "django\n"})  # fmt: skip
    assert stack_at(tmp_path) == ()
    assert stack_at(tmp_path / "missing") == ()


def test_what_is_shown_is_masked() -> None:
    text = "services:  # key AKIAZ7QX2MVN4TRB5KLD\n"
    (part,) = stack_of({"compose.yaml": text}, [])
    assert "AKIAZ7QX2MVN4TRB5KLD" not in part.shown


def test_rules_hold_together() -> None:
    for rule in stack_rules():
        assert rule.advice.endswith((".", "}")), rule.name
        assert all(is_telling(name.replace("*", "x")) or "*" in name for name in rule.files if "/" not in name), (
            rule.name
        )
    with pytest.raises(ValueError, match="nothing shows"):
        StackRule(name="x", role="build", advice="y.")
