"""The command line. `contract/` declares it; every other module does one command's work, loaded when it runs."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `clew`: see `entry.main`."""
    from app.cli import entry  # start-up time: worker processes import what started them, and run no command

    return entry.main(arguments)
