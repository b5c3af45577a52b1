-- Times are milliseconds since 1970 in UTC. Ids sort by time of creation, byte by byte whatever the database's locale.

CREATE TABLE states (
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    content text NOT NULL,
    seal bytea NOT NULL,
    name text COLLATE "C",
    parent text COLLATE "C",
    status text COLLATE "C",
    until_ms bigint,
    PRIMARY KEY (type, id)
);
CREATE UNIQUE INDEX states_name ON states (type, name) WHERE name IS NOT NULL;
CREATE INDEX states_parent ON states (type, parent, id) WHERE parent IS NOT NULL;
CREATE INDEX states_status ON states (type, status, id) WHERE status IS NOT NULL;
CREATE INDEX states_parent_status ON states (type, parent, status, id) WHERE parent IS NOT NULL AND status IS NOT NULL;
CREATE INDEX states_until ON states (type, until_ms, id) WHERE until_ms IS NOT NULL;
CREATE INDEX states_status_until ON states (type, status, until_ms, id) WHERE status IS NOT NULL AND until_ms IS NOT NULL;

-- Parent and status are the state's own, repeated so that a filter by link and by them is one range of one index.
CREATE TABLE state_links (
    type text COLLATE "C" NOT NULL,
    link text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    parent text COLLATE "C",
    status text COLLATE "C",
    PRIMARY KEY (type, link, id)
);
CREATE INDEX state_links_id ON state_links (type, id);
CREATE INDEX state_links_parent ON state_links (type, link, parent, id);
CREATE INDEX state_links_status ON state_links (type, link, status, id);
CREATE INDEX state_links_parent_status ON state_links (type, link, parent, status, id);

CREATE TABLE ledger_streams (
    id text COLLATE "C" PRIMARY KEY,
    node text NOT NULL,
    opened_ms bigint NOT NULL,
    closed_ms bigint,
    -- Whether a checkpoint has named the stream as closed.
    settled integer NOT NULL DEFAULT 0,
    number bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL,
    batch uuid NOT NULL
) WITH (fillfactor = 25);
CREATE INDEX ledger_streams_unsettled ON ledger_streams (id) WHERE settled = 0;

CREATE TABLE ledger_entries (
    stream text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    operation_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    signer_id text COLLATE "C",
    actor_id text COLLATE "C" NOT NULL,
    grant_id text COLLATE "C",
    use bigint,
    json text NOT NULL,
    PRIMARY KEY (stream, number)
);
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
    stream text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    closing integer NOT NULL,
    json text NOT NULL,
    PRIMARY KEY (stream, number, closing)
);

CREATE TABLE ledger_checkpoints (
    number bigint PRIMARY KEY,
    json text NOT NULL
);

CREATE TABLE counters (
    id text COLLATE "C" PRIMARY KEY,
    count bigint NOT NULL
);

CREATE TABLE answers (
    caller text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL,
    answer bytea NOT NULL,
    made_ms bigint NOT NULL,
    PRIMARY KEY (caller, scope, key)
);
CREATE INDEX answers_made ON answers (made_ms);

CREATE TABLE observations (
    subject text COLLATE "C" NOT NULL,
    what text COLLATE "C" NOT NULL,
    last_ms bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (subject, what)
);

CREATE TABLE reminders (
    grain_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    grain_hash bigint NOT NULL,
    start_ms bigint NOT NULL,
    period_ms bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (grain_id, name)
);
CREATE INDEX reminders_hash ON reminders (grain_hash);
