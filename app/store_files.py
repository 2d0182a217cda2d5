"""The files and folders of a store, by name; ARCHITECTURE.md says what each holds."""

from __future__ import annotations

from pathlib import Path

GRAPH_FILE = "graph.db"
FACTS_FILE = "facts.db"
MEMORY_FILE = "memory.db"
LESSONS_FILE = "lessons.db"
PROFILE_FILE = "profile.json"
THREADS_FILE = "threads.db"
TRANSCRIPTS_FILE = "transcripts.db"
BUDGETS_FILE = "budgets.db"
OUTCOMES_FILE = "outcomes.db"
PACES_FILE = "paces.json"
"""How fast model hosts were when they were last asked."""
JOBS_FILE = "jobs.db"
SOURCES_FILE = "sources.db"
SOURCES_KEY_FILE = "sources.key"
CLONES_FOLDER = "clones"
LEDGER_FILE = "ledger.db"
LEDGER_KEYS_FILE = "ledger-keys.db"
USAGE_FILE = "usage.db"
LEDGER_ANCHOR_FILE = "ledger.anchor"
PRINCIPALS_FILE = "principals.db"
SHARED_FILE = "shared.db"
"""What the workers of a running server share; of no worth afterwards."""
POLICIES_FILE = "policies.cedar"
BRANCHES_FILE = "branches.json"
SLACK_FILE = "slack.json"
LEXICAL_FOLDER = "lexical"
VECTORS_FOLDER = "vectors"
EMBEDDERS_FOLDER = "embedders"
MODELS_FOLDER = "models"
STORE_NAME_FILE = "store.name"


def remove_database(path: Path) -> None:
    """Delete a SQLite file with its write-ahead log."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
