-- A receipt says that an event was seen: one row for each name it carries (its event id; for a message its message id
-- too). The unique index is the check for duplicates: insert, and look at the conflict.
--
-- Rows are appended in the order of arrival and all live equally long, so the oldest are the first by id and no index on
-- `expires_at_ms` is needed. The wide part (the reply) stays out of the index, whose pages are touched at random.
create table receipts (
    id             integer primary key,
    app            text    not null,
    kind           text    not null check (kind in ('event', 'message')),
    key            text    not null,
    event_id       text    not null, -- the first event that carried this key
    state          integer not null default 0, -- 0 running, 1 answered
    reply          text,
    duplicates     integer not null default 0,
    received_at_ms integer not null,
    expires_at_ms  integer not null
);

create unique index receipts_key on receipts (app, kind, key);
