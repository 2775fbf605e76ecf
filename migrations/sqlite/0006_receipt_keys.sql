-- Names are random, so in a unique index over all of them each new one has a page of its own written: four fifths of what a
-- commit wrote. Receipts are appended as they come instead, and brought into the index later, thousands at a time and in its
-- order. The server, who is alone with this file, knows by heart those that are not in it yet: what comes after `up_to`.
create table receipts_new (
    id            integer primary key autoincrement, -- `up_to` must never be given again
    app           text    not null,
    kind          text    not null check (kind in ('event', 'message')),
    key           text    not null,
    event         integer not null, -- the first event that carried this key
    expires_at_ms integer not null
);
insert into receipts_new (id, app, kind, key, event, expires_at_ms)
select id, app, kind, key, event, expires_at_ms from receipts order by id;

create table receipt_keys (
    app   text    not null,
    kind  text    not null,
    key   text    not null,
    event integer not null,
    primary key (app, kind, key)
) without rowid;
insert into receipt_keys (app, kind, key, event)
select app, kind, key, event from receipts order by app, kind, key;

create table receipts_indexed (up_to integer not null);
insert into receipts_indexed (up_to) select coalesce(max(id), 0) from receipts;

drop table receipts;
alter table receipts_new rename to receipts;

create trigger receipts_deleted after delete on receipts begin
    delete from receipt_keys where app = old.app and kind = old.kind and key = old.key;
end;
