"""The command line. `commands.py` declares the contract; every other module does one command's work, loaded when it runs."""

from app.cli.entry import main

__all__ = ["main"]
