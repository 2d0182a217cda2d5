"""The JSON shapes of repositories elsewhere: their sources, credentials, webhooks, schedules, jobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from app.shapes import Shape

if TYPE_CHECKING:
    from knowledge.jobs import Job
    from knowledge.sources import Credential, Schedule, Source, Webhook


def source_shape(source: Source) -> Shape:
    """A cloned repository; times are seconds since 1970, None for never."""
    return {
        "repository": source.repository,
        "url": source.url,
        "branch": source.branch or source.fetched_branch or None,
        "follows_default": not source.branch,
        "credential": source.credential or None,
        "depth": source.depth,
        "blobless": source.blobless,
        "created_at": source.created_at,
        "fetched_at": source.fetched_at or None,
        "commit": source.commit or None,
        "present": source.present,
    }


def credential_shape(credential: Credential) -> Shape:
    """A credential without its secret."""
    return {
        "name": credential.name,
        "kind": credential.kind,
        "host": credential.host,
        "username": credential.username,
        "created_at": credential.created_at,
        "rotated_at": credential.rotated_at or None,
    }


def webhook_shape(webhook: Webhook, repository: str) -> Shape:
    """A webhook without its secret. path: where its host sends to, behind the address of the server."""
    return {
        "id": webhook.id,
        "repository": repository,
        "provider": webhook.provider,
        "path": f"/hooks/{webhook.provider}/{webhook.id}",
        "created_at": webhook.created_at,
        "heard_at": webhook.heard_at or None,
        "previous_until": webhook.previous_until or None,
    }


def schedule_shape(schedule: Schedule) -> Shape:
    """When a repository is brought up to date."""
    return {
        "repository": schedule.repository,
        "expression": schedule.expression,
        "next_at": schedule.next_at,
        "last_at": schedule.last_at or None,
    }


def job_shape(job: Job) -> Shape:
    """An index job: what was asked for, how far it is, how it ended."""
    return {
        "id": job.id,
        "state": job.state.value,
        "root": job.order.root,
        "repository": job.order.repository,
        "force": job.order.force,
        "documents_only": job.order.documents_only,
        "cloned": job.order.source is not None,
        "created_at": job.created_at,
        "started_at": job.started_at or None,
        "ended_at": job.ended_at or None,
        "progress": asdict(job.progress),
        "report": job.report,
        "error": job.error,
        "repeats": job.repeats,
        "attempt": job.attempt,
        "retry_at": job.retry_at or None,
    }
