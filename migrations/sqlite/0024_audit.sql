-- Changes by operators: who, by which way, what, when, and how it ended.
create table audit (
    id        integer primary key,
    at_ms     integer not null,
    node      text    not null, -- the server, or the process of the command line
    role      text    not null,
    name      text,             -- as the client gave it; nothing proves it
    way       text    not null, -- api, console, command_line
    peer      text,             -- address of the client; null: none
    command   text    not null,
    arguments text    not null, -- JSON, bounded, without secrets
    outcome   text,             -- done, refused, failed; null: it has not ended, or its server was gone before
    result    text,             -- JSON, bounded: counts, or the error
    took_ms   integer
);
create index audit_at on audit (at_ms);

-- Events, deliveries and plugins that a change has touched.
create table audit_touched (
    kind  text    not null, -- event, delivery, plugin
    key   text    not null, -- the number, or the name
    audit integer not null,
    primary key (kind, key, audit)
);
create index audit_touched_by on audit_touched (audit);
