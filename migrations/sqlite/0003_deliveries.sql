-- Events, what became of them, and the work that is still to be done.
--
-- Numbers are given by the one writer and only grow: the newest row of a table is never deleted.

-- One row for each callback and event that was received: what it was, without what it said.
create table events (
    id             integer primary key,
    app            text    not null,
    event_id       text    not null,
    message_id     text,
    event_type     text    not null,
    kind           text    not null check (kind in ('callback', 'event')),
    schema         text    not null,
    app_id         text    not null, -- as the event names it; the flat v1 card names none
    tenant_key     text    not null,
    create_time_ms integer not null,
    received_at_ms integer not null,
    duplicates     integer not null default 0,
    node           text    not null  -- who runs it, when it is a callback
);

create index events_received on events (received_at_ms);

-- What it said, apart, so that it can go first.
create table payloads (
    event   integer primary key,
    payload text not null
);

-- One row for each name that an event carries (its event id; for a message its message id too). The unique index is the
-- check for duplicates: insert, and look at the conflict. Rows are appended in the order of arrival and all live equally
-- long, so the oldest are the first by id and no index on `expires_at_ms` is needed.
create table receipts_new (
    id            integer primary key,
    app           text    not null,
    kind          text    not null check (kind in ('event', 'message')),
    key           text    not null,
    event         integer not null, -- the first event that carried this key
    expires_at_ms integer not null
);

insert into events (id, app, event_id, event_type, kind, schema, app_id, tenant_key, create_time_ms, received_at_ms,
                    duplicates, node)
select id, app, event_id, '', 'callback', '2.0', app, '', 0, received_at_ms, duplicates, ''
from receipts where kind = 'event';

insert into receipts_new (id, app, kind, key, event, expires_at_ms)
select r.id, r.app, r.kind, r.key, coalesce(e.id, r.id), r.expires_at_ms
from receipts r left join receipts e on e.app = r.app and e.kind = 'event' and e.key = r.event_id;

-- What a callback was answered. Appended, in a table of its own: a row that grew would have to be moved to another page.
create table replies_new (
    event integer primary key,
    reply text not null
);
insert into replies_new (event, reply)
select receipt, coalesce(reply, '') from replies where receipt in (select id from events);

drop table receipts;
drop table replies;
alter table receipts_new rename to receipts;
alter table replies_new rename to replies;
create unique index receipts_key on receipts (app, kind, key);

-- One event, or one task, for one plugin.
create table deliveries (
    id             integer primary key,
    event          integer, -- none: a task that the operator asked for
    origin         integer, -- the delivery that this one repeats or follows
    kind           text    not null check (kind in ('event', 'task', 'late', 'update')),
    app            text    not null,
    plugin         text    not null,
    state          text    not null
                   check (state in ('ready', 'running', 'retry_wait', 'done', 'dead', 'skipped', 'expired')),
    attempt        integer not null default 0,
    due_at_ms      integer not null, -- when it was to be done first
    next_at_ms     integer not null, -- when it is to be tried next
    lease_node     text,
    lease_until_ms integer,
    ordering_key   text,             -- one after the other among those with the same
    created_at_ms  integer not null,
    expires_at_ms  integer not null, -- too late to be of use
    finished_at_ms integer,
    task_name      text,
    task_payload   text,
    requested_by   text
);
create index deliveries_open on deliveries (plugin, state, next_at_ms) where state in ('ready', 'retry_wait', 'running');
create index deliveries_order on deliveries (ordering_key, id)
    where ordering_key is not null and state in ('ready', 'retry_wait', 'running');
create index deliveries_dead on deliveries (id) where state = 'dead';
create index deliveries_finished on deliveries (finished_at_ms) where finished_at_ms is not null;
create index deliveries_event on deliveries (event);

-- What each attempt did.
create table attempts (
    delivery      integer not null,
    number        integer not null,
    node          text    not null,
    started_at_ms integer not null,
    duration_us   integer not null,
    outcome       text    not null,
    error         text,
    plugin_hash   text    not null,
    log           text    not null,
    primary key (delivery, number, started_at_ms)
) without rowid;

-- A name that one server at a time holds: the leader's, or that of a token being refreshed.
create table leases (
    name     text    primary key,
    holder   text    not null,
    until_ms integer not null
) without rowid;

-- Tokens of users, sealed by the server.
create table user_tokens (
    app                   text    not null,
    open_id               text    not null,
    sealed                blob    not null,
    scopes                text    not null,
    access_expires_at_ms  integer not null,
    refresh_expires_at_ms integer,
    authorized_at_ms      integer not null,
    version               integer not null,
    primary key (app, open_id)
) without rowid;
