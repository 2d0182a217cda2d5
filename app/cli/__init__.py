"""The command line. `contract/` declares it; every other module does one command's work, loaded when it runs."""

from app.cli.entry import main

__all__ = ["main"]
