"""An artifact like those of the catalogue, with the very small model of `small_onnx.py` in it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from models.embedders.catalogue import INSTALLABLE, InstallableModel
from tests.unit.models.embedders.small_onnx import WORDS, write_model

PADDING = bytes(range(256)) * 400
"""Makes the file some pieces long."""


def small_jar(folder: Path, name: str = "small") -> tuple[InstallableModel, Path]:
    """Write the artifact into `folder`; return what the catalogue would say of it, and its path."""
    source = write_model(folder / f"{name}-source")
    weights, tokenizer = source / "onnx" / "model.onnx", source / "tokenizer.json"
    jar = folder / f"artifact-{name}-1.jar"
    with ZipFile(jar, "w", ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nName: {name}\n")
        archive.writestr("../outside.txt", "must never be written")
        archive.write(weights, "m.onnx")
        archive.write(tokenizer, "m-tokenizer.json")
        with archive.open("padding.bin", "w") as padding:
            padding.write(hashlib.shake_256(PADDING).digest(200_000))
    content = jar.read_bytes()
    model = replace(
        INSTALLABLE[0],
        name=name,
        origin=f"someone/{name}",
        artifact=f"artifact-{name}",
        version="1",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        weights=("m.onnx", weights.stat().st_size),
        tokenizer=("m-tokenizer.json", tokenizer.stat().st_size),
        dimension=len(WORDS),
        query_prompt="query: ",
        document_prompt="passage: ",
        licence="mit",
    )
    return model, jar
