"""Where git keeps what concerns a folder, read from the files themselves, without a git program.

A checkout has a `.git` folder; a worktree or a submodule has a `.git` file with `gitdir: PATH` in it. Source:
gitrepository-layout(5).
"""

from __future__ import annotations

from pathlib import Path

from indexers.ignore import IgnoreRules, parse_rules


def git_folder(checkout: Path) -> Path | None:
    """Return the git folder of a checkout, None when it is none."""
    marker = checkout / ".git"
    if marker.is_dir():
        return marker
    text = _read(marker)
    if text is None or not text.startswith("gitdir:"):
        return None
    return (checkout / text.removeprefix("gitdir:").strip()).resolve()


def common_git_folder(checkout: Path) -> Path:
    """Return the folder that all worktrees of the repository share; it need not exist."""
    folder = git_folder(checkout) or checkout / ".git"
    common = _read(folder / "commondir")
    return (folder / common.strip()).resolve() if common else folder


def head_of(folder: Path) -> str:
    """Return what tells one commit that is checked out around a folder from another; empty outside any repository.

    Two of them may be told apart that are one (a branch switched to another of the same commit), never the other way.
    """
    top = _top(folder)
    git = git_folder(top) if top is not None else None
    if top is None or git is None:
        return ""
    head = _read(git / "HEAD") or ""
    kind, _, name = head.strip().partition(" ")
    if kind != "ref:":
        return head
    common = common_git_folder(top)
    loose = _read(common / name)
    # In no file of its own: packed with others, or in the tables of the newer format.
    others = [_read(common / "packed-refs"), _read(common / "reftable" / "tables.list")]
    return "\n".join([head, loose] if loose is not None else [head, *(text or "" for text in others)])


def is_linked_worktree(checkout: Path) -> bool:
    """Whether the folder is a further checkout made by `git worktree add`."""
    if not (checkout / ".git").is_file():
        return False
    folder = git_folder(checkout)
    return folder is not None and (folder / "commondir").is_file()


def enclosing_rules(root: Path) -> tuple[IgnoreRules, ...]:
    """Return the ignore rules that stand above `root` in its repository, outermost first.

    None when root is the top itself, lies in no repository, or is itself ignored: naming it was a choice.
    """
    top = _top(root)
    if top is None or top == root:
        return ()
    levels = [root.parent, *root.parent.parents]
    levels = levels[: levels.index(top) + 1][::-1]
    found: list[IgnoreRules] = []
    sources = [(top, common_git_folder(top) / "info" / "exclude"), *((level, level / ".gitignore") for level in levels)]
    for level, source in sources:
        text = _read(source)
        if text is not None:
            found.append(parse_rules(text, above=root.relative_to(level).as_posix() + "/"))
    return () if _ignores(found, root, levels) else tuple(found)


def _top(folder: Path) -> Path | None:
    """Return the top of the checkout that a folder lies in."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def _ignores(rules: list[IgnoreRules], root: Path, levels: list[Path]) -> bool:
    """Whether the rules above leave out `root` or a folder on the way to it."""
    for ancestor in [*levels[1:], root]:
        verdict = None
        for one in rules:
            depth = len(root.parts) - one.above.count("/")
            if len(ancestor.parts) <= depth:
                continue
            path = "/".join(ancestor.parts[depth:])
            decided = one.where_they_stand().decide(path, ancestor.name, True)
            verdict = verdict if decided is None else decided
        if verdict:
            return True
    return False


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return None
