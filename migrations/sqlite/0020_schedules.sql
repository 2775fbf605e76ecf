-- Times at which tasks of plugins run by themselves, one row for each application: up to which moment they were dealt with, so
-- that each time is run once by all servers, and after a stop it is known what was missed.
create table schedules (
    plugin   text    not null,
    app      text    not null,
    task     text    not null,
    times    text    not null,           -- as the server that looked at it last has them
    after_ms integer not null,           -- what was to run up to then has run or was missed
    seen_ms  integer not null,           -- when a server last looked at it, at most so often
    last_ms  integer,                    -- the latest time that was run
    missed   integer not null default 0, -- how many times were not
    primary key (plugin, app, task)
) without rowid;
