"""Repositories elsewhere: cloned under a folder of our own, kept up to date by pushes and schedules, opened with sealed credentials."""
