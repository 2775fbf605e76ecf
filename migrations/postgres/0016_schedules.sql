-- Times at which tasks of plugins run by themselves, one row for each application: up to which moment they were dealt with, so
-- that each time is run once by all servers, and after a stop it is known what was missed.
create table schedules (
    plugin   text   collate "C" not null,
    app      text   collate "C" not null,
    task     text   collate "C" not null,
    times    text   not null,           -- as the server that looked at it last has them
    after_ms bigint not null,           -- what was to run up to then has run or was missed
    seen_ms  bigint not null,           -- when a server last looked at it, at most so often
    last_ms  bigint,                    -- the latest time that was run
    missed   bigint not null default 0, -- how many times were not
    primary key (plugin, app, task)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
