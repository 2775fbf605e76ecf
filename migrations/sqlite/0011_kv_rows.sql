-- What a row takes beside its key and its value counts too: a million empty values are a million rows, and as many entries in
-- the index. `store::ROW_BYTES` is the same number.
drop trigger kv_inserted;
drop trigger kv_deleted;

create trigger kv_inserted after insert on kv begin
    insert into kv_usage (plugin, bytes) values (new.plugin, length(cast(new.key as blob)) + length(new.value) + 64)
    on conflict (plugin) do update set bytes = bytes + excluded.bytes;
end;

create trigger kv_deleted after delete on kv begin
    update kv_usage set bytes = bytes - length(cast(old.key as blob)) - length(old.value) - 64 where plugin = old.plugin;
end;

update kv_usage set bytes = bytes + 64 * (select count(*) from kv where kv.plugin = kv_usage.plugin);
