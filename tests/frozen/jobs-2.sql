PRAGMA application_id = 1131179114;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE jobs (id TEXT PRIMARY KEY, root TEXT NOT NULL, repository TEXT, state TEXT NOT NULL, created_at REAL NOT NULL, wish INTEGER NOT NULL, payload TEXT NOT NULL, asker TEXT NOT NULL DEFAULT '');
INSERT INTO "jobs" VALUES('00000000000000000000000000000000','/src/shop','shop','queued',1.0,0,'{"order": {"root": "/src/shop", "repository": "shop", "force": false, "documents_only": false, "source": null, "drop": false}, "started_at": 0.0, "ended_at": 0.0, "progress": {"stage": "", "done": 0, "total": 0, "rate_per_s": null, "remaining_s": null, "note": ""}, "report": null, "error": null, "repeats": null, "attempt": 1, "retry_at": 0.0}','');
INSERT INTO "jobs" VALUES('11111111111111111111111111111111','/src/till','till','finished',2.0,0,'{"order": {"root": "/src/till", "repository": "till", "force": true, "documents_only": true, "source": null, "drop": false}, "started_at": 2.5, "ended_at": 3.0, "progress": {"stage": "extract", "done": 3, "total": 9, "rate_per_s": 1.5, "remaining_s": 4.0, "note": "waits"}, "report": {"files": {"größe": 1}}, "error": {"code": "x"}, "repeats": "y", "attempt": 1, "retry_at": 0.0}','ab');
CREATE UNIQUE INDEX active_jobs ON jobs (root) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_by_age ON jobs (created_at, id);
COMMIT;
