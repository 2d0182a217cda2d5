"""Checks on what goes into the stores and what comes out: secrets, evidence. Judges text and records; does no I/O."""
