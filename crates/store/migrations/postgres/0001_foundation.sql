-- The foundation (DESIGN 10): what would be dear to add later. Times are microseconds, truth is 0 or 1.
-- How each table erases stands in crates/store/src/erasure.rs.

-- The instance

CREATE TABLE instance (
    name text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE node (
    no bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    version text COLLATE "C" NOT NULL,
    heartbeat bigint NOT NULL,
    settled bigint NOT NULL,
    trouble text COLLATE "C",
    PRIMARY KEY (no),
    UNIQUE (name)
);

CREATE TABLE relay (
    name text COLLATE "C" NOT NULL,
    doc text COLLATE "C" NOT NULL,
    secret bytea,
    managed bigint NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE workspace (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    slug text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    settings text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws),
    UNIQUE (id),
    UNIQUE (slug)
);

CREATE TABLE key_state (
    ws bigint NOT NULL,
    use text COLLATE "C" NOT NULL,
    key_id bigint NOT NULL,
    active bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, use, key_id)
);

-- What we may say, and who says it

CREATE TABLE sender (
    ws bigint NOT NULL,
    no bigint NOT NULL,
    id bytea NOT NULL,
    slug text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    country text COLLATE "C" NOT NULL,
    postal_address text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (ws, id)
);

CREATE TABLE text (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    version bigint NOT NULL,
    locale text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, id, version, locale)
);

CREATE TABLE purpose (
    ws bigint NOT NULL,
    no bigint NOT NULL,
    id bytea NOT NULL,
    slug text COLLATE "C" NOT NULL,
    class text COLLATE "C" NOT NULL,
    sender bigint NOT NULL,
    text_id bytea NOT NULL,
    text_version bigint NOT NULL,
    position bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (ws, id),
    UNIQUE (ws, slug)
);

CREATE TABLE topic (
    ws bigint NOT NULL,
    no bigint NOT NULL,
    id bytea NOT NULL,
    purpose bigint NOT NULL,
    slug text COLLATE "C" NOT NULL,
    text_id bytea NOT NULL,
    text_version bigint NOT NULL,
    position bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (ws, id),
    UNIQUE (ws, purpose, slug)
);

CREATE TABLE source (
    ws bigint NOT NULL,
    no bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    text_id bytea,
    text_version bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, no)
);

CREATE TABLE form (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    version bigint NOT NULL,
    slug text COLLATE "C" NOT NULL,
    current bigint NOT NULL,
    source bigint NOT NULL,
    doc text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, id, version)
);
CREATE UNIQUE INDEX form_current ON form (ws, slug) WHERE current = 1;

-- People

CREATE TABLE contact (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    name text COLLATE "C",
    profile text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, id)
);

CREATE TABLE point (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    contact bytea NOT NULL,
    channel text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, id)
);
CREATE INDEX point_contact ON point (ws, contact);

CREATE TABLE address_key (
    ws bigint NOT NULL,
    key_id bigint NOT NULL,
    hash bytea NOT NULL,
    point bytea NOT NULL,
    PRIMARY KEY (ws, key_id, hash)
);
CREATE INDEX address_key_point ON address_key (ws, point);

CREATE TABLE standing (
    ws bigint NOT NULL,
    point bytea NOT NULL,
    seq bigint NOT NULL,
    gate bigint NOT NULL,
    last_at bigint NOT NULL,
    facts bytea NOT NULL,
    PRIMARY KEY (ws, point)
);

-- What happened

CREATE TABLE event (
    ws bigint NOT NULL,
    point bytea NOT NULL,
    seq bigint NOT NULL,
    id bytea NOT NULL,
    kind text COLLATE "C" NOT NULL,
    happened_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    canonical bytea NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (ws, point, seq),
    UNIQUE (ws, id)
);

CREATE TABLE context (
    ws bigint NOT NULL,
    hash bytea NOT NULL,
    kind text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, hash)
);

CREATE TABLE blob (
    ws bigint NOT NULL,
    hash bytea NOT NULL,
    chunk bigint NOT NULL,
    chunks bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (ws, hash, chunk)
);

CREATE TABLE kept_mail (
    ws bigint NOT NULL,
    event bytea NOT NULL,
    stream bigint NOT NULL,
    ordinal bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (ws, event, stream, ordinal)
);

CREATE TABLE act (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    form bytea NOT NULL,
    form_version bigint NOT NULL,
    doc text COLLATE "C" NOT NULL,
    happened_at bigint NOT NULL,
    PRIMARY KEY (ws, id)
);

CREATE TABLE dead_act (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    form bytea NOT NULL,
    form_version bigint NOT NULL,
    doc text COLLATE "C" NOT NULL,
    happened_at bigint NOT NULL,
    error text COLLATE "C" NOT NULL,
    failed_at bigint NOT NULL,
    PRIMARY KEY (ws, id)
);

CREATE TABLE address_budget (
    ws bigint NOT NULL,
    key_id bigint NOT NULL,
    hash bytea NOT NULL,
    day bigint NOT NULL,
    sent bigint NOT NULL,
    held_until bigint NOT NULL,
    PRIMARY KEY (ws, key_id, hash)
);

-- What we send

CREATE TABLE stream (
    ws bigint NOT NULL,
    no bigint NOT NULL,
    kind bigint NOT NULL,
    state bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, no),
    UNIQUE (no)
);

CREATE TABLE campaign (
    ws bigint NOT NULL,
    id bytea NOT NULL,
    stream bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    purpose bigint NOT NULL,
    topic bigint,
    sender bigint NOT NULL,
    useful_for bigint NOT NULL,
    on_unknown bigint NOT NULL,
    why text COLLATE "C",
    problem text COLLATE "C",
    holes bigint NOT NULL,
    queued_at bigint NOT NULL,
    useful_until bigint NOT NULL,
    plan_cursor bytea,
    planned bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ws, id),
    UNIQUE (ws, stream)
);

CREATE TABLE left_out (
    ws bigint NOT NULL,
    stream bigint NOT NULL,
    reason bigint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (ws, stream, reason)
);

CREATE TABLE slice (
    ws bigint NOT NULL,
    stream bigint NOT NULL,
    no bigint NOT NULL,
    first bigint NOT NULL,
    until bigint NOT NULL,
    state bigint NOT NULL,
    due_at bigint NOT NULL,
    lease_holder bigint NOT NULL,
    lease_until bigint NOT NULL,
    planned bigint NOT NULL,
    sending bigint NOT NULL,
    sent bigint NOT NULL,
    denied bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    skipped bigint NOT NULL,
    unknown bigint NOT NULL,
    PRIMARY KEY (ws, stream, no)
);

CREATE TABLE delivery (
    ws bigint NOT NULL,
    stream bigint NOT NULL,
    ordinal bigint NOT NULL,
    point bytea NOT NULL,
    state bigint NOT NULL,
    attempt bigint NOT NULL,
    holder bigint NOT NULL,
    not_before bigint NOT NULL,
    changed_at bigint NOT NULL,
    decision bytea,
    reply text COLLATE "C",
    payload text COLLATE "C",
    PRIMARY KEY (ws, stream, ordinal)
);
CREATE UNIQUE INDEX delivery_once ON delivery (ws, stream, point) WHERE payload IS NULL;
CREATE INDEX delivery_told ON delivery (ws, point) WHERE payload IS NOT NULL;
CREATE INDEX delivery_queue ON delivery (ws, stream, not_before, ordinal) WHERE payload IS NOT NULL AND state < 2;
