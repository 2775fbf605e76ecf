-- When which server heard Lark over a long connection. What lies between two rows of an application, whichever servers they are
-- of, is a gap: Lark had nobody to push to, or pushed into a dead connection.
create table connected (
    app      text    not null,
    node     text    not null,
    from_ms  bigint  not null, -- the connection was made
    until_ms bigint  not null, -- the last sign of life; moved forward while it lives
    unique (app, node, from_ms)
);

-- Spans of time for which an operator had messages fetched that were missed.
create table caught_up (
    app      text    not null,
    from_ms  bigint  not null,
    until_ms bigint  not null,
    at_ms    bigint  not null,
    found    bigint  not null, -- messages that Lark has of that time
    added    bigint  not null  -- those that nobody had received before
);

-- On which way it came; null over HTTP.
alter table events add column transport text;
