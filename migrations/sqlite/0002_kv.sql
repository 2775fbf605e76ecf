-- What plugins keep: keys and values, each plugin for itself.
--
-- `version` is taken from one counter for the whole table, so that a key which was deleted and written again never has
-- a version it had before. `kv_usage` holds the bytes of each plugin, kept by triggers, so that a quota is one look-up.
create table kv (
    id            integer primary key,
    plugin        text    not null,
    key           text    not null,
    value         blob    not null,
    version       integer not null,
    expires_at_ms integer
);

create unique index kv_key on kv (plugin, key);
create index kv_expiry on kv (expires_at_ms) where expires_at_ms is not null;

create table kv_version (last integer not null);
insert into kv_version (last) values (0);

create table kv_usage (
    plugin text    primary key,
    bytes  integer not null
) without rowid;

create trigger kv_inserted after insert on kv begin
    insert into kv_usage (plugin, bytes) values (new.plugin, length(cast(new.key as blob)) + length(new.value))
    on conflict (plugin) do update set bytes = bytes + excluded.bytes;
end;

create trigger kv_updated after update of value on kv begin
    update kv_usage set bytes = bytes + length(new.value) - length(old.value) where plugin = new.plugin;
end;

create trigger kv_deleted after delete on kv begin
    update kv_usage set bytes = bytes - length(cast(old.key as blob)) - length(old.value) where plugin = old.plugin;
end;
