-- The foundation (DESIGN 10): what would be dear to add later. Times are microseconds, truth is 0 or 1.
-- How each table erases stands in crates/store/src/erasure.rs.

-- What SQLite cannot guess: a workspace holds nearly all rows of a table, so that a search by the workspace alone reads
-- everything. Without these lines it prefers a primary key's first column to a secondary index. First in the file, so
-- that every connection reads them with the schema that follows.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('delivery', 'delivery', '10000000 10000000 1000000 1'),
    ('delivery', 'delivery_once', '10000000 10000000 1000000 1'),
    ('delivery', 'delivery_told', '1000000 1000000 3'),
    ('delivery', 'delivery_queue', '1000 1000 1000 2 1'),
    ('event', 'sqlite_autoindex_event_1', '5000000 5000000 5 1'),
    ('event', 'sqlite_autoindex_event_2', '5000000 5000000 1'),
    ('standing', 'standing', '1000000 1000000 1'),
    ('point', 'point', '1000000 1000000 1'),
    ('point', 'point_contact', '1000000 1000000 1'),
    ('contact', 'contact', '1000000 1000000 1'),
    ('address_key', 'address_key', '1000000 1000000 1000000 1'),
    ('address_key', 'address_key_point', '1000000 1000000 1'),
    ('slice', 'slice', '1000 1000 100 1'),
    ('stream', 'stream', '100 100 1'),
    ('stream', 'sqlite_autoindex_stream_2', '100 1'),
    ('kept_mail', 'kept_mail', '100000 100000 1 1 1'),
    ('blob', 'sqlite_autoindex_blob_1', '100000 100000 1 1');

-- The instance

CREATE TABLE instance (
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
    no INTEGER NOT NULL,
    name TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    version TEXT NOT NULL,
    heartbeat INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    trouble TEXT,
    PRIMARY KEY (no),
    UNIQUE (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE relay (
    name TEXT NOT NULL,
    doc TEXT NOT NULL,
    secret BLOB,
    managed INTEGER NOT NULL,
    PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws),
    UNIQUE (id),
    UNIQUE (slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_state (
    ws INTEGER NOT NULL,
    use TEXT NOT NULL,
    key_id INTEGER NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, use, key_id)
) STRICT, WITHOUT ROWID;

-- What we may say, and who says it

CREATE TABLE sender (
    ws INTEGER NOT NULL,
    no INTEGER NOT NULL,
    id BLOB NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    country TEXT NOT NULL,
    postal_address TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (ws, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE text (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    locale TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id, version, locale)
) STRICT, WITHOUT ROWID;

CREATE TABLE purpose (
    ws INTEGER NOT NULL,
    no INTEGER NOT NULL,
    id BLOB NOT NULL,
    slug TEXT NOT NULL,
    class TEXT NOT NULL,
    sender INTEGER NOT NULL,
    text_id BLOB NOT NULL,
    text_version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (ws, id),
    UNIQUE (ws, slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE topic (
    ws INTEGER NOT NULL,
    no INTEGER NOT NULL,
    id BLOB NOT NULL,
    purpose INTEGER NOT NULL,
    slug TEXT NOT NULL,
    text_id BLOB NOT NULL,
    text_version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (ws, id),
    UNIQUE (ws, purpose, slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    ws INTEGER NOT NULL,
    no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    text_id BLOB,
    text_version INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE form (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    slug TEXT NOT NULL,
    current INTEGER NOT NULL,
    source INTEGER NOT NULL,
    doc TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX form_current ON form (ws, slug) WHERE current = 1;

-- People

CREATE TABLE contact (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT,
    profile TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE point (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    contact BLOB NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX point_contact ON point (ws, contact);

CREATE TABLE address_key (
    ws INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    point BLOB NOT NULL,
    PRIMARY KEY (ws, key_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX address_key_point ON address_key (ws, point);

CREATE TABLE standing (
    ws INTEGER NOT NULL,
    point BLOB NOT NULL,
    seq INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    facts BLOB NOT NULL,
    PRIMARY KEY (ws, point)
) STRICT, WITHOUT ROWID;

-- What happened

CREATE TABLE event (
    ws INTEGER NOT NULL,
    point BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    canonical BLOB NOT NULL,
    salt BLOB NOT NULL,
    PRIMARY KEY (ws, point, seq),
    UNIQUE (ws, id)
) STRICT;

CREATE TABLE context (
    ws INTEGER NOT NULL,
    hash BLOB NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, hash)
) STRICT;

CREATE TABLE blob (
    ws INTEGER NOT NULL,
    hash BLOB NOT NULL,
    chunk INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (ws, hash, chunk)
) STRICT;

CREATE TABLE kept_mail (
    ws INTEGER NOT NULL,
    event BLOB NOT NULL,
    stream INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (ws, event, stream, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE act (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    form BLOB NOT NULL,
    form_version INTEGER NOT NULL,
    doc TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_act (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    form BLOB NOT NULL,
    form_version INTEGER NOT NULL,
    doc TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    error TEXT NOT NULL,
    failed_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE address_budget (
    ws INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    day INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    held_until INTEGER NOT NULL,
    PRIMARY KEY (ws, key_id, hash)
) STRICT, WITHOUT ROWID;

-- What we send

CREATE TABLE stream (
    ws INTEGER NOT NULL,
    no INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (no)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (
    ws INTEGER NOT NULL,
    id BLOB NOT NULL,
    stream INTEGER NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    purpose INTEGER NOT NULL,
    topic INTEGER,
    sender INTEGER NOT NULL,
    useful_for INTEGER NOT NULL,
    on_unknown INTEGER NOT NULL,
    why TEXT,
    problem TEXT,
    holes INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    useful_until INTEGER NOT NULL,
    plan_cursor BLOB,
    planned INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ws, id),
    UNIQUE (ws, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE left_out (
    ws INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (ws, stream, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE slice (
    ws INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    no INTEGER NOT NULL,
    first INTEGER NOT NULL,
    until INTEGER NOT NULL,
    state INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    lease_holder INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    sending INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    PRIMARY KEY (ws, stream, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    ws INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    point BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    holder INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    decision BLOB,
    reply TEXT,
    payload TEXT,
    PRIMARY KEY (ws, stream, ordinal)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX delivery_once ON delivery (ws, stream, point) WHERE payload IS NULL;
CREATE INDEX delivery_told ON delivery (ws, point) WHERE payload IS NOT NULL;
CREATE INDEX delivery_queue ON delivery (ws, stream, not_before, ordinal) WHERE payload IS NOT NULL AND state < 2;
