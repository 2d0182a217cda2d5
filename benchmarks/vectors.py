"""What a vector store costs: writing, asking with and without candidates, disk and memory, at a given number of vectors.

The vectors are those that latent semantic analysis learns from the indexed repositories of a store; where there are fewer than
wished for, copies with some noise follow. Times are CPU seconds of this process and wall time: on a shared machine the first counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.backends.chroma import ChromaVectors
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import EVERYTHING
from models.embedders.latent import LatentSemanticEmbedder

Vectors = npt.NDArray[np.float32]
SPACE = VectorSpace("measured", "lsa")
CANDIDATES = (None, 100, 500, 2_000, 5_000, 20_000)
TOP_K = 100
BATCH = 256
NOISE = 0.02


def learned(store: str, dimension: int) -> Vectors:
    """Return the vectors of every chunk of every repository of a store, each repository learned for itself."""
    wiring = Wiring(load_settings({"home": store}))
    parts = []
    for info in wiring.graph.repositories(EVERYTHING):
        chunks = wiring.lexical.chunk_terms(info.name)
        began = time.process_time()
        embedder = LatentSemanticEmbedder.fit(chunks, dimension=dimension)
        fitted = time.process_time() - began
        vectors = embedder.of_chunks(chunks)(np.arange(len(chunks.digests)))
        print(
            f"{info.name}: {len(vectors):,} chunks, {info.line_count:,} lines, learned in {fitted:.1f} CPU s",
            flush=True,
        )
        parts.append(vectors)
    wiring.close()
    return np.concatenate(parts)


def sample(vectors: Vectors, count: int, rng: np.random.Generator) -> Vectors:
    """Return `count` vectors: the real ones, then copies with noise, all of unit length."""
    rows = np.concatenate([np.arange(len(vectors)), rng.integers(0, len(vectors), max(count - len(vectors), 0))])[
        :count
    ]
    chosen = vectors[rows].copy()
    chosen[len(vectors) :] += NOISE * rng.standard_normal(chosen[len(vectors) :].shape).astype(np.float32)
    lengths = np.linalg.norm(chosen, axis=1, keepdims=True)
    unit: Vectors = chosen / np.maximum(lengths, 1e-9)
    return unit


def measure(vectors: Vectors, queries: int, rng: np.random.Generator) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="clew-vectors-"))
    ids = [f"{number:016x}" for number in range(len(vectors))]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store = ChromaVectors.local(folder / "vectors")
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(ids), BATCH):
        store.upsert(SPACE, ids[start : start + BATCH], vectors[start : start + BATCH])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures: dict[str, Any] = {
        "vectors": len(ids),
        "dimension": vectors.shape[1],
        "insert_cpu_s": round(cpu, 1),
        "insert_wall_s": round(wall, 1),
        "vectors_a_cpu_s": round(len(ids) / cpu),
        "disk_mb": round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6, 1),
        "memory_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        "queries": [asked(store, vectors, ids, count, queries, rng) for count in CANDIDATES],
    }
    store.close()
    opened = time.process_time()
    store = ChromaVectors.local(folder / "vectors")
    store.ids(SPACE)
    figures["open_cpu_s"] = round(time.process_time() - opened, 2)
    store.close()
    shutil.rmtree(folder)
    return figures


def asked(
    store: ChromaVectors,
    vectors: Vectors,
    ids: Sequence[str],
    candidates: int | None,
    queries: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    walls, cpus, recalls, fills = [], [], [], []
    for _ in range(queries):
        query = vectors[rng.integers(len(vectors))] + vectors[rng.integers(len(vectors))]
        rows = np.arange(len(ids)) if candidates is None else rng.choice(len(ids), candidates, replace=False)
        chosen = None if candidates is None else [ids[row] for row in rows]
        wall, cpu = time.perf_counter(), time.process_time()
        found = store.query(EVERYTHING, SPACE, query, top_k=TOP_K, ids=chosen)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        cosines = vectors[rows] @ query / max(float(np.linalg.norm(query)), 1e-9)
        least = np.sort(cosines)[-TOP_K] if len(cosines) >= TOP_K else -1.0
        recalls.append(sum(similarity >= least - 1e-5 for _, similarity in found) / min(TOP_K, len(rows)))
        fills.append(len(found) / min(TOP_K, len(rows)))
    p50, p95 = (round(float(np.percentile(walls, at)) * 1e3, 1) for at in (50, 95))
    return {
        "candidates": candidates,
        "wall_p50_ms": p50,
        "wall_p95_ms": p95,
        "cpu_p50_ms": round(float(np.median(cpus)) * 1e3, 1),
        "recall": round(float(np.mean(recalls)), 3),
        "filled": round(float(np.mean(fills)), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="a store with indexed repositories to learn from")
    parser.add_argument("--vectors", type=int, default=200_000)
    parser.add_argument("--dimension", type=int, default=200)
    parser.add_argument("--queries", type=int, default=50)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    vectors = sample(learned(options.store, options.dimension), options.vectors, rng)
    print(json.dumps(measure(vectors, options.queries, rng), indent=1))


if __name__ == "__main__":
    main()
