-- Versions of plugins that have served, so that one can serve again, and what the operator has ordered.

-- The bytes of components, in parts: a commit of many megabytes at once would keep others waiting.
create table plugin_parts (
    hash  text   collate "C" not null, -- SHA-256 of the whole, 64 hex digits
    part  bigint not null,             -- from 0
    bytes bytea  not null,
    primary key (hash, part)
);

-- One row for each pair of component and settings that has served under a name.
create table plugin_history (
    plugin          text   collate "C" not null,
    number          bigint not null, -- from 1, in the order in which they first served
    hash            text   collate "C" not null,
    settings_hash   text   collate "C" not null,
    settings        text,            -- the operator's file as it was; null: there was none, or it is not kept any more
    version         text   not null, -- the author's
    source          text   not null, -- where it came from: a path, `published` or `built in`
    description     text   not null, -- JSON: event types and wants, for the difference to another version
    signature       bytea,
    wasm_bytes      bigint not null,
    is_kept         bigint not null, -- 1: the bytes are there, whole
    first_served_ms bigint not null,
    last_served_ms  bigint not null,
    -- First attempts on live traffic, by how they ended.
    succeeded       bigint not null default 0,
    trapped         bigint not null default 0,
    timed_out       bigint not null default 0,
    over_limit      bigint not null default 0,
    failed          bigint not null default 0,
    is_trusted      bigint not null default 0, -- 1: its probation is over
    primary key (plugin, number),
    unique (plugin, hash, settings_hash)
);
create index plugin_history_hash on plugin_history (hash);

-- What the operator, or a probation that was failed, has ordered for a plugin.
create table plugin_orders (
    plugin        text   collate "C" primary key,
    number        bigint,          -- the version that is to serve; null: what the files say
    is_pinned     bigint not null, -- 1: whatever the files say
    has_settings  bigint not null, -- 1: with the settings that it had; 0: with those that are there now
    is_disabled   bigint not null,
    is_paused     bigint not null,
    changed_by    text   not null,
    changed_at_ms bigint not null
);

-- Components that were sent back; they are not tried again.
create table plugin_returns (
    plugin         text   collate "C" not null,
    hash           text   collate "C" not null,
    to_number      bigint not null,
    reason         text   not null,
    evidence       text   not null, -- JSON
    returned_by    text   not null,
    returned_at_ms bigint not null,
    primary key (plugin, hash)
);
