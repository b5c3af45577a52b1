-- Times are milliseconds since 1970 in UTC. Ids sort by time of creation.

CREATE TABLE states (
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    content TEXT NOT NULL,
    seal BLOB NOT NULL,
    name TEXT,
    parent TEXT,
    status TEXT,
    until_ms INTEGER
);
CREATE UNIQUE INDEX states_id ON states (type, id);
CREATE UNIQUE INDEX states_name ON states (type, name) WHERE name IS NOT NULL;
CREATE INDEX states_parent ON states (type, parent, id) WHERE parent IS NOT NULL;
CREATE INDEX states_status ON states (type, status, id) WHERE status IS NOT NULL;
CREATE INDEX states_parent_status ON states (type, parent, status, id) WHERE parent IS NOT NULL AND status IS NOT NULL;
CREATE INDEX states_until ON states (type, until_ms, id) WHERE until_ms IS NOT NULL;
CREATE INDEX states_status_until ON states (type, status, until_ms, id) WHERE status IS NOT NULL AND until_ms IS NOT NULL;

-- Parent and status are the state's own, repeated so that a filter by link and by them is one range of one index.
CREATE TABLE state_links (
    type TEXT NOT NULL,
    link TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT,
    status TEXT,
    PRIMARY KEY (type, link, id)
) WITHOUT ROWID;
CREATE INDEX state_links_id ON state_links (type, id);
CREATE INDEX state_links_parent ON state_links (type, link, parent, id);
CREATE INDEX state_links_status ON state_links (type, link, status, id);
CREATE INDEX state_links_parent_status ON state_links (type, link, parent, status, id);

CREATE TABLE ledger_streams (
    id TEXT NOT NULL PRIMARY KEY,
    node TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    closed_ms INTEGER,
    -- Whether a checkpoint has named the stream as closed.
    settled INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL DEFAULT 0,
    hash BLOB NOT NULL,
    batch BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX ledger_streams_unsettled ON ledger_streams (id) WHERE settled = 0;

CREATE TABLE ledger_entries (
    stream TEXT NOT NULL,
    number INTEGER NOT NULL,
    operation_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    signer_id TEXT,
    actor_id TEXT NOT NULL,
    grant_id TEXT,
    use INTEGER,
    json TEXT NOT NULL
);
CREATE UNIQUE INDEX ledger_entries_place ON ledger_entries (stream, number);
CREATE UNIQUE INDEX ledger_entries_operation ON ledger_entries (operation_id);
CREATE UNIQUE INDEX ledger_entries_use ON ledger_entries (grant_id, use) WHERE use IS NOT NULL;
CREATE INDEX ledger_entries_at ON ledger_entries (at_ms, operation_id);
CREATE INDEX ledger_entries_signer ON ledger_entries (signer_id, at_ms, operation_id) WHERE signer_id IS NOT NULL;
CREATE INDEX ledger_entries_signer_actor ON ledger_entries (signer_id, actor_id, at_ms, operation_id) WHERE signer_id IS NOT NULL;
CREATE INDEX ledger_entries_actor ON ledger_entries (actor_id, at_ms, operation_id);
CREATE INDEX ledger_entries_grant ON ledger_entries (grant_id, at_ms, operation_id) WHERE grant_id IS NOT NULL;
CREATE INDEX ledger_entries_refused ON ledger_entries (outcome, at_ms, operation_id) WHERE outcome <> 'success';
CREATE INDEX ledger_entries_signer_refused ON ledger_entries (signer_id, outcome, at_ms, operation_id)
    WHERE signer_id IS NOT NULL AND outcome <> 'success';
CREATE INDEX ledger_entries_admin ON ledger_entries (at_ms, operation_id) WHERE kind = 'admin';

CREATE TABLE ledger_heads (
    stream TEXT NOT NULL,
    number INTEGER NOT NULL,
    closing INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (stream, number, closing)
) WITHOUT ROWID;

CREATE TABLE ledger_checkpoints (
    number INTEGER NOT NULL PRIMARY KEY,
    json TEXT NOT NULL
);

-- A guard against mistakes, not a control: who can write to the file can drop a trigger.
CREATE TRIGGER ledger_entries_keep BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_entries_stay BEFORE DELETE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_heads_keep BEFORE UPDATE ON ledger_heads BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_heads_stay BEFORE DELETE ON ledger_heads BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_checkpoints_keep BEFORE UPDATE ON ledger_checkpoints BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_checkpoints_stay BEFORE DELETE ON ledger_checkpoints BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_streams_stay BEFORE DELETE ON ledger_streams BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_streams_advance BEFORE UPDATE ON ledger_streams
    WHEN NEW.id <> OLD.id OR NEW.number < OLD.number OR (OLD.closed_ms IS NOT NULL AND NEW.number <> OLD.number)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE counters (
    id TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE answers (
    caller TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    answer BLOB NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (caller, scope, key)
);
CREATE INDEX answers_made ON answers (made_ms);

CREATE TABLE observations (
    subject TEXT NOT NULL,
    what TEXT NOT NULL,
    last_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (subject, what)
) WITHOUT ROWID;

CREATE TABLE reminders (
    grain_id TEXT NOT NULL,
    name TEXT NOT NULL,
    grain_hash INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    period_ms INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (grain_id, name)
) WITHOUT ROWID;
CREATE INDEX reminders_hash ON reminders (grain_hash);
