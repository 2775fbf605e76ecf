-- Names are random, so in a unique index over all of them each new one has a page of its own written: four fifths of what a
-- commit wrote. Receipts are appended as they come instead, and their digests are brought into an index later, many thousands
-- at a time and in its order. The server, who is alone with this file, knows by heart those that are not in it yet: what
-- comes after `up_to`. What was stored before this step is brought in when the file is opened.
create table receipts_new (
    id            integer primary key autoincrement, -- a number up to `up_to` must never be given again
    app           text    not null,
    kind          text    not null check (kind in ('event', 'message')),
    key           text    not null,
    event         integer not null, -- the first event that carried this key
    expires_at_ms integer not null
);
insert into receipts_new (id, app, kind, key, event, expires_at_ms)
select id, app, kind, key, event, expires_at_ms from receipts order by id;
drop table receipts;
alter table receipts_new rename to receipts;

-- The first sixteen bytes of a SHA-256 over application, kind and key, as two numbers.
create table receipt_keys (
    high  integer not null,
    low   integer not null,
    event integer not null,
    primary key (high, low)
) without rowid;

create table receipts_indexed (up_to integer not null);
insert into receipts_indexed (up_to) values (0);
