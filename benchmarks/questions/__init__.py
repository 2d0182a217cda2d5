"""Labelled questions on six repositories: what triage makes of them, and whether the answers without a model are right."""
