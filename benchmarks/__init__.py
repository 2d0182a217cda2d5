"""Measurements. Each prints what it measured; figures that are quoted go to RESULTS.md with command and machine."""
