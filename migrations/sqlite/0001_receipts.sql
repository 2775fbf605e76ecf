-- A receipt says that an event was seen: one row for each name it carries (its event id; for a message its message id
-- too). The unique index is the check for duplicates: insert, and look at the conflict.
--
-- Rows are appended in the order of arrival and all live equally long, so the oldest are the first by id and no index on
-- `expires_at_ms` is needed.
create table receipts (
    id             integer primary key,
    app            text    not null,
    kind           text    not null check (kind in ('event', 'message')),
    key            text    not null,
    event_id       text    not null, -- the first event that carried this key
    duplicates     integer not null default 0,
    received_at_ms integer not null,
    expires_at_ms  integer not null
);

create unique index receipts_key on receipts (app, kind, key);

-- What the first was answered; a receipt without a reply is running, or its server is gone. In a table of its own, so that
-- an answer is appended: a row of `receipts` that grew would have to be moved to another page.
create table replies (
    receipt integer primary key,
    reply   text -- empty for an event, whose answer has no content
);

create trigger receipts_deleted after delete on receipts begin
    delete from replies where receipt = old.id;
end;
