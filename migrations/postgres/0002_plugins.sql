-- Plugins for all servers that share the database.

-- The components, by their SHA-256 in hexadecimal.
create table plugin_blobs (
    hash  text  collate "C" primary key,
    bytes bytea not null
);

-- What is to serve under each name.
create table plugin_versions (
    plugin        text   collate "C" primary key,
    hash          text   collate "C" not null references plugin_blobs (hash),
    settings      text, -- the operator's side, for servers that have no file of their own for it
    changed_by    text   not null,
    changed_at_ms bigint not null
);

-- How each server is getting on with it.
create table plugin_reports (
    node           text   collate "C" not null,
    plugin         text   collate "C" not null,
    hash           text, -- what serves; none: nothing does
    reason         text, -- why something else is not used
    reported_at_ms bigint not null,
    primary key (node, plugin)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
